//! Companies by the thousand: written through `store`, without the seconds that passwords cost.

use domain::{Call, Role, Secret};
use store::{NewAccount, NewCompany, Tx};

use crate::{Persona, World, cast::Firm};

impl World {
    /// A company with people of these roles, each with a session that has just begun.
    pub async fn crowd(&self, region_code: &str, people: &[(&str, &[Role])]) -> Vec<Persona> {
        let domain = format!("{}.work.pacta.example", self.label("crowd"));
        let write = async |tx: &mut Tx| {
            let (display_name, n_global_admins) = (domain.as_str(), 0);
            let new =
                NewCompany { display_name, region_code, domain: Some(&domain), n_global_admins };
            let company = tx.add_company(new).await?.id;
            for (name, roles) in people {
                let sign_in_name = format!("{name}@{domain}");
                let new = NewAccount {
                    company,
                    sign_in_name: &sign_in_name,
                    given_name: name,
                    family_name: "Ferrer",
                    email: &format!("{name}@{domain}.example"),
                    email_key: "",
                    language_code: "es",
                    password_hash: String::new(),
                    one_time_expire_time: tx.now() + chrono::Duration::hours(1),
                    roles,
                };
                let added = tx.add_account(new).await?;
                tx.set_password(&added, domain::user::State::Active, String::new()).await?;
            }
            let event = store::Event { subject: domain.clone(), ..store::Event::default() };
            tx.record(event.clone(), &[company]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap();
        let mut crowd = Vec::new();
        for (name, _) in people {
            crowd.push(self.session(&format!("{name}@{domain}")).await);
        }
        crowd
    }

    /// So many companies more whose partners signed what this firm signed.
    pub async fn crowd_of_partners(&self, like: &Firm, n: usize) {
        let of: domain::id::PartnerId = domain::id::last_id(&like.partner).unwrap();
        for _ in 0..n {
            let domain = format!("{}.work.pacta.example", self.label("signed"));
            let write = async |tx: &mut Tx| {
                let seen = tx.partner(of).await?;
                let new = NewCompany {
                    display_name: &domain,
                    region_code: "ES",
                    domain: Some(&domain),
                    n_global_admins: 0,
                };
                let company = tx.add_company(new).await?.id;
                let row = tx.add_partner(company, seen.kind).await?;
                let to = store::entity::partner::Model {
                    accepted_version_id: seen.accepted_version_id,
                    accepted_place: seen.accepted_place,
                    accept_time: seen.accept_time,
                    ..row.clone()
                };
                tx.change_partner(&row, to).await?;
                let event = store::Event { subject: domain.clone(), ..store::Event::default() };
                tx.record(event.clone(), &[company]);
                Ok(event)
            };
            self.app.db.write(&Call::system("test world"), write).await.unwrap();
        }
    }

    /// How many resellers' acceptances are not written down as lapsed.
    pub async fn n_standing(&self) -> usize {
        let kind = domain::partner::Kind::Reseller;
        let read = async |view: &store::View| {
            Ok(view.any_partners_to_lapse(kind, i64::MAX, 10_000).await?.len())
        };
        self.app.db.read(&Call::system("test world"), read).await.unwrap()
    }

    /// One more person of the same company, with a session and this password: INVITED with a one-time
    /// password, or ACTIVE.
    pub async fn person_in(
        &self,
        of: &Persona,
        name: &str,
        roles: &[Role],
        password_hash: &str,
        is_active: bool,
    ) -> Persona {
        let (_, domain) = of.sign_in_name.split_once('@').unwrap();
        let sign_in_name = format!("{name}@{domain}");
        let email = format!("{name}@people.example");
        let company = domain::id::last_id(&of.company).unwrap();
        let write = async |tx: &mut Tx| {
            let new = NewAccount {
                company,
                sign_in_name: &sign_in_name,
                given_name: "Dora",
                family_name: "Novak",
                email: &email,
                email_key: &email,
                language_code: "en",
                password_hash: password_hash.to_owned(),
                one_time_expire_time: tx.now() + chrono::Duration::hours(1),
                roles,
            };
            let added = tx.add_account(new).await?;
            if is_active {
                let state = domain::user::State::Active;
                tx.set_password(&added, state, password_hash.to_owned()).await?;
            }
            let event = store::Event { subject: of.company.clone(), ..store::Event::default() };
            tx.record(event.clone(), &[company]);
            Ok(event)
        };
        self.app.db.write(&Call::system("test world"), write).await.unwrap();
        self.session(&sign_in_name).await
    }

    /// Another session of a person, begun now.
    pub async fn session(&self, sign_in_name: &str) -> Persona {
        let mut bytes = [0; 32];
        bytes.iter_mut().for_each(|it| *it = fastrand::u8(..));
        let token = Secret::from_bytes(&bytes);
        let write = async |tx: &mut Tx| {
            let account = tx.any_account_by_sign_in_name(sign_in_name).await?.unwrap();
            let end = tx.now() + domain::constants::SESSION;
            tx.add_session(account.id, &token, end, "pwd").await?;
            let user = domain::id::user_name(account.company_id, account.id);
            let event = store::Event { subject: user, ..store::Event::default() };
            tx.record(event.clone(), &[account.company_id]);
            Ok(event)
        };
        let made = self.app.db.write(&Call::system("test world"), write).await.unwrap();
        let company = made.subject.split("/users/").next().unwrap().to_owned();
        let (user, token) = (made.subject, Some(token.expose().to_owned()));
        Persona { sign_in_name: sign_in_name.to_owned(), company, user, token }
    }
}
