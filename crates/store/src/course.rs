//! The course of each agreement: one row tells which version is in force and where every partner
//! stands; what is due in it counts before it is written down.

use std::collections::HashMap;

use domain::{
    Error, Reason, Result, Timestamp,
    agreement::{Action, Audience},
    course::{Ahead, Answer, Course, Standing},
    id::{PartnerId, VersionId, partner_name, version_name},
    partner::{Kind, Standing as Programme},
    readiness::AgreementFacts,
    timer::Timer,
};
use event::{AgreementLapsed, AgreementVersionPublished, Event, event::Kind as What};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use crate::{
    Page, Party, Tx, View,
    entity::{
        agreement::{Column, Entity, Model},
        agreement_version, partner,
    },
    fault::fault,
    past::then,
    past_facts::{CourseFact, course_subject},
    view::found,
};

impl Model {
    /// The course as it is written down.
    pub fn course(&self) -> Result<Course> {
        let course: Course = serde_json::from_str(&self.course).map_err(Error::internal)?;
        Ok(Course { in_force: self.effective_version_id, ..course })
    }
}

impl partner::Model {
    /// What the partner has done about its agreement.
    pub fn answer(&self) -> Answer {
        Answer {
            accepted: self.accepted_version_id.map(|_| self.accepted_place),
            declined: self.declined_version_id,
        }
    }
}

impl View {
    /// The course of an audience's agreement at this instant. Whether the caller may read the
    /// agreement is a rule of its own (A1): `Audience::is_open_to`.
    pub async fn any_course(&self, audience: Audience) -> Result<Course> {
        Ok(self.any_agreement(audience).await?.course()?.at(self.now()))
    }

    /// The courses of the partners' agreements at this instant.
    pub(crate) async fn any_partner_courses(&self) -> Result<HashMap<Kind, Course>> {
        let kinds = [Kind::Reseller, Kind::Provider];
        let audiences = kinds.map(|it| Audience::of_partner(it).to_value());
        let query = self.any::<Entity>().filter(Column::Audience.is_in(audiences));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let subjects = rows.iter().map(|it| course_subject(it.audience));
        let mut was = self.was::<CourseFact>(subjects).await?;
        let mut courses = HashMap::new();
        for row in rows {
            let subject = course_subject(row.audience);
            let Some(row) = then(&mut was, subject, row)? else {
                continue;
            };
            let course = row.course()?.at(self.now());
            let kind = kinds.into_iter().find(|it| Audience::of_partner(*it) == row.audience);
            courses.extend(kind.map(|it| (it, course)));
        }
        Ok(courses)
    }

    /// What is known of a partner's agreement at this instant.
    pub async fn agreement_of(&self, partner: &partner::Model) -> Result<AgreementFacts> {
        let course = self.any_course(Audience::of_partner(partner.kind)).await?;
        Ok(agreement_facts(&course, partner, self.now()))
    }

    async fn any_agreement(&self, audience: Audience) -> Result<Model> {
        let query = self.any::<Entity>().filter(Column::Audience.eq(audience.to_value()));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Partners whose acceptance is older than `place`, and whose lapse is not written down yet.
    pub async fn any_partners_to_lapse(
        &self,
        kind: Kind,
        place: i64,
        n: u64,
    ) -> Result<Vec<partner::Model>> {
        use partner::Column as Of;
        let query = self.any::<partner::Entity>().filter(Of::Kind.eq(kind.to_value()));
        let query = query.filter(Of::Lapsed.eq(false)).filter(Of::AcceptedPlace.lt(place));
        let query = query.filter(Of::AcceptedVersionId.is_not_null());
        let query = query.order_by_asc(Of::AcceptedPlace).order_by_asc(Of::Id);
        query.limit(n).all(&self.conn).await.map_err(fault)
    }

    /// Partners whose acceptance is older than `place`, and which were not told so yet.
    pub async fn any_partners_to_notice(
        &self,
        kind: Kind,
        place: i64,
        n: u64,
    ) -> Result<Vec<partner::Model>> {
        use partner::Column as Of;
        let query = self.any::<partner::Entity>().filter(Of::Kind.eq(kind.to_value()));
        let query = query.filter(Of::NoticedPlace.lt(place)).filter(Of::AcceptedPlace.lt(place));
        let query = query.filter(Of::AcceptedVersionId.is_not_null());
        let query = query.order_by_asc(Of::NoticedPlace).order_by_asc(Of::Id);
        query.limit(n).all(&self.conn).await.map_err(fault)
    }

    /// Ids of partners whose standing a new version would change, after `after`: who declined the
    /// one in force, and, where acceptances are `asked_anew`, whose acceptance stands (A6).
    pub async fn any_partners_affected(
        &self,
        kind: Kind,
        course: &Course,
        asked_anew: bool,
        after: Option<PartnerId>,
        n: u64,
    ) -> Result<Page<PartnerId>> {
        use partner::Column as Of;
        let declined = Condition::all()
            .add(Of::AcceptedVersionId.is_null())
            .add(Of::DeclinedVersionId.is_not_null())
            .add(Of::DeclinedVersionId.eq(course.in_force));
        let stands = Condition::all()
            .add(Of::AcceptedVersionId.is_not_null())
            .add(Of::AcceptedPlace.gte(course.demanded_place()));
        let affected = Condition::any().add(declined);
        let affected = if asked_anew { affected.add(stands) } else { affected };
        let mut query = self.any::<partner::Entity>().filter(Of::Kind.eq(kind.to_value()));
        query = query.filter(affected);
        if let Some(after) = after {
            query = query.filter(Of::Id.gt(after));
        }
        let query = query.select_only().column(Of::Id).order_by_asc(Of::Id).limit(n + 1);
        let ids: Vec<PartnerId> = query.into_tuple().all(&self.conn).await.map_err(fault)?;
        Ok(Page::cut(ids, n))
    }
}

/// What is known of a partner's agreement, whose course is brought to `now`.
pub(crate) fn agreement_facts(
    course: &Course,
    partner: &partner::Model,
    now: Timestamp,
) -> AgreementFacts {
    AgreementFacts {
        is_available: course.in_force.is_some(),
        is_current: partner.accepted_version_id == course.in_force,
        stand: course.stand(partner.answer(), now),
    }
}

impl Tx {
    /// Writes down what time has done to an agreement; the course from here on, to be set by
    /// [`Tx::set_course`] once the caller has changed it.
    pub async fn settle(&mut self, audience: Audience) -> Result<(Model, Course)> {
        let row = self.any_agreement(audience).await?;
        let mut course = row.course()?;
        let due = course.due(self.now());
        if due.is_empty() {
            return Ok((row, course));
        }
        for it in due {
            let (version, superseded) =
                self.put_into_force(audience, &mut course, it, Action::TakeEffect).await?;
            self.unwind(Timer::AgreementEffect, it.version.0).await?;
            let name = version_name(audience, it.version);
            let what = AgreementVersionPublished { version: name.clone(), superseded };
            let event = Event::of(name, What::AgreementVersionPublished(what));
            let event = event.changed("state", "SCHEDULED", version.state.as_str());
            self.record_by_time(event, &[it.company]);
        }
        let row = self.set_course(&row, &course).await?;
        Ok((row, course))
    }

    /// A version takes effect; the one before is superseded in the same commit. The version, and the
    /// name of the one before.
    pub async fn put_into_force(
        &mut self,
        audience: Audience,
        course: &mut Course,
        it: Ahead,
        by: Action,
    ) -> Result<(agreement_version::Model, String)> {
        let mut superseded = String::new();
        if let Some(former) = course.in_force {
            let former = self.any_written_version(audience, former).await?;
            let state = former.state.after(Action::Supersede)?;
            let to = agreement_version::Model { state, ..former.clone() };
            self.change_version(&former, to).await?;
            superseded = version_name(audience, former.id);
        }
        let seen = self.any_written_version(audience, it.version).await?;
        let to = agreement_version::Model {
            state: seen.state.after(by)?,
            effective_time: Some(it.effective_time),
            grace_end_time: it.grace_end_time,
            ..seen.clone()
        };
        let row = self.change_version(&seen, to).await?;
        course.take_effect(it);
        if let Some(end) = it.grace_end_time {
            self.wind(Timer::AgreementNotice, it.version.0, it.effective_time).await?;
            self.wind(Timer::AgreementLapse, it.version.0, end).await?;
        }
        Ok((row, superseded))
    }

    /// Writes down that what a partner accepted stands no longer, as time's act, unless that is done
    /// or not so; the partner as it is then.
    pub async fn lapse(&mut self, party: &Party) -> Result<partner::Model> {
        let (partner, stand) = (&party.partner, party.agreement.stand);
        let Some(demanded) = stand.demanded.filter(|_| stand.standing == Standing::Lapsed) else {
            return Ok(partner.clone());
        };
        if partner.lapsed {
            return Ok(partner.clone());
        }
        let to = partner::Model { lapsed: true, ..partner.clone() };
        let row = self.change_partner(partner, to).await?;
        let name = partner_name(partner.id);
        let version = version_name(Audience::of_partner(partner.kind), demanded);
        let what = AgreementLapsed { partner: name.clone(), version };
        let now = party.standing();
        let before = Programme { has_accepted: true, ..now };
        let due = Standing::ReacceptDue.as_str();
        let event = Event::of(name, What::AgreementLapsed(what))
            .changed("agreement_standing", due, stand.standing.as_str())
            .changed("programme_status", before.status().as_str(), now.status().as_str());
        self.record_by_time(event, &[party.company.id]);
        Ok(row)
    }

    /// Writes a course down, unless somebody else changed it meanwhile.
    pub async fn set_course(&self, seen: &Model, course: &Course) -> Result<Model> {
        let row = Model {
            audience: seen.audience,
            version: seen.version + 1,
            effective_version_id: course.in_force,
            course: serde_json::to_string(course).map_err(Error::internal)?,
        };
        self.remember::<CourseFact>(course_subject(row.audience), seen, &row).await?;
        let in_force: Option<VersionId> = row.effective_version_id;
        let changed = Entity::update_many()
            .col_expr(Column::EffectiveVersionId, Expr::value(in_force))
            .col_expr(Column::Course, Expr::value(row.course.clone()))
            .col_expr(Column::Version, Expr::value(row.version))
            .filter(Column::Audience.eq(seen.audience.to_value()))
            .filter(Column::Version.eq(seen.version))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        match changed.rows_affected {
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(row),
        }
    }
}
