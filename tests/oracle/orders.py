#!/usr/bin/env python3
"""Who may order, told a second time: from the rules in words, over an export of the facts.

Rule R10: a new purchase needs both partners ACTIVE, their relationship ACTIVE, a live
ORDER_ON_BEHALF, market rows that allow it, both rows of the customer ACTIVE (the provider's via this
reseller), and a customer agreement (A8). Managing what there is needs the provider's row via this
reseller, and nothing else. The platform reads every blocker whole; a party reads of the conditions of
the others only which they are and whose turn it is; everybody else, and everybody who names somebody
who is not there, reads that the two have no relationship. It shares nothing with the server.

One JSON document a line comes in: {"now", "markets", the tables by name, "asked": [{"company", "questions":
[[provider, reseller, customer, operation]]}]}, where the company is null for the platform; one line
goes out for each: a list of answers for each asker, each a list of blockers.
"""

import csv
import json
import sys
from collections import defaultdict
from datetime import datetime, timezone


def moment(text):
    if text is None:
        return None
    it = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return it if it.tzinfo else it.replace(tzinfo=timezone.utc)


def yes(text):
    return text in ("1", "true", "t")


class World:
    def __init__(self, facts):
        self.now = moment(facts["now"])
        rows = csv.DictReader(facts["markets"].splitlines())
        self.market = {it["region_code"]: it["market_region"] for it in rows}
        self.companies = {it["id"]: it for it in facts["company"]}
        self.partners = {it["id"]: it for it in facts["partner"]}
        self.enrolled = {it["partner_id"]: it["state"] for it in facts["enrollment"]}
        self.place = {it["partner_id"]: it for it in facts["location"] if it["partner_id"]}
        self.versions = {it["id"]: it for it in facts["agreement_version"]}
        self.acceptances = defaultdict(list)
        for it in facts["acceptance"]:
            self.acceptances[it["company_id"]].append(self.versions[it["version_id"]])
        self.relationships = defaultdict(list)
        for it in facts["relationship"]:
            self.relationships[it["provider_id"], it["reseller_id"]].append(it)
        self.grants = defaultdict(list)
        for it in facts["relationship_grant"]:
            self.grants[it["relationship_id"]].append(it)
        self.invitations = facts["invitation"]
        self.rows = defaultdict(list)
        for it in facts["customer_relationship"]:
            self.rows[it["customer_id"], it["partner_id"]].append(it)
        self.attested = {
            (it["customer_id"], it["provider_id"])
            for it in facts["customer_agreement"]
            if it["state"] == "ATTESTED"
        }
        self.active = {it: self.is_active(it) for it in self.partners}

    def country(self, partner):
        return self.companies[self.partners[partner]["company_id"]]["region_code"]

    def is_active(self, partner):
        """M3: no flag, approved, an ACTIVE PartnerID of its own country, its agreement accepted."""
        row = self.partners[partner]
        place = self.place.get(partner)
        return (
            row["suspend_reason"] is None
            and row["deauthorize_reason"] is None
            and self.enrolled.get(partner) == "APPROVED"
            and place is not None
            and place["state"] == "ACTIVE"
            and place["region_code"] == self.country(partner)
            and self.is_bound(row)
        )

    def is_bound(self, partner):
        """A4: an acceptance is good until the grace of a later version ends that asks anew."""
        took_effect = lambda it: it["effective_time"] and moment(it["effective_time"]) <= self.now
        accepted = [
            moment(it["effective_time"])
            for it in self.acceptances[partner["company_id"]]
            if it["audience"] == partner["kind"]
        ]
        if not accepted:
            return False
        newest = max(accepted)
        return not any(
            it["audience"] == partner["kind"]
            and it["state"] in ("EFFECTIVE", "SUPERSEDED", "SCHEDULED")
            and took_effect(it)
            and newest < moment(it["effective_time"])
            and it["grace_end_time"]
            and moment(it["grace_end_time"]) <= self.now
            for it in self.versions.values()
        )

    def between(self, a, b):
        """Nothing where two countries may work together; else why not (R5, R11)."""
        if a not in self.market or b not in self.market:
            return ["COUNTRY_UNKNOWN"]
        return None if self.market[a] == self.market[b] else []

    def bond(self, provider, reseller):
        """The blocker that the relationship is, if it is one."""
        ever = self.relationships[provider, reseller]
        last = max(ever, key=lambda it: it["id"]) if ever else None
        if last is None or last["state"] == "ENDED":
            number = self.place.get(reseller, {}).get("number")
            waits = any(
                it["provider_id"] == provider
                and number is not None
                and it["named_number"] == number
                and it["state"] == "PENDING"
                and self.now < moment(it["expire_time"])
                for it in self.invitations
            )
            if waits:
                return blocker("relationship.active", "RESELLER", RELATIONSHIPS + "AcceptInvitation")
            return blocker("relationship.active", "PROVIDER", RELATIONSHIPS + "CreateInvitation")
        if last["state"] == "ACTIVE":
            return None
        # It waits for who holds it: the platform before the reseller before the provider.
        for held, turn in (
            ("held_by_operator", "OPERATOR"),
            ("held_by_reseller", "RESELLER"),
            ("held_by_provider", "PROVIDER"),
        ):
            if yes(last[held]):
                return blocker("relationship.active", turn, RELATIONSHIPS + "ResumeRelationship")
        raise ValueError(f"held by nobody: {last}")

    def may_order(self, provider, reseller):
        """Whether the newest relationship carries a live ORDER_ON_BEHALF."""
        ever = self.relationships[provider, reseller]
        if not ever:
            return False
        grants = self.grants[max(ever, key=lambda it: it["id"])["id"]]
        return any(
            it["kind"] == "ORDER_ON_BEHALF"
            and it["state"] == "ACTIVE"
            and (it["expire_time"] is None or self.now < moment(it["expire_time"]))
            for it in grants
        )


ENROLLMENT = "pacta.enrollment.v1.EnrollmentService/"
AGREEMENTS = "pacta.agreements.v1.AgreementsService/"
RELATIONSHIPS = "pacta.relationships.v1.RelationshipsService/"


def blocker(id, turn, rpc=None, fields=(), also=None, waits_for=(), problems=()):
    return {
        "id": id,
        "turn": turn,
        "permanent": rpc is None,
        "cure": [rpc, list(fields)] if rpc else None,
        "alternatives": [[also, []]] if also else [],
        "waits_for": list(waits_for),
        "problems": list(problems),
    }


NO_RELATIONSHIP = [blocker("relationship.active", "PROVIDER", RELATIONSHIPS + "CreateInvitation")]


def customer_row(id):
    return blocker(
        id,
        "RESELLER",
        RELATIONSHIPS + "CreateCustomerInvitation",
        ["provider"],
        RELATIONSHIPS + "AcceptCustomerInvitation",
    )


def is_on(row):
    return row["state"] == "ACTIVE"


def answer(world, company, question):
    provider, reseller, customer, operation = question
    kind = lambda it: world.partners.get(it, {}).get("kind")
    if kind(provider) != "PROVIDER" or kind(reseller) != "RESELLER":
        return NO_RELATIONSHIP
    if customer not in world.companies:
        return NO_RELATIONSHIP
    of_provider = world.rows[customer, provider]
    of_reseller = world.rows[customer, reseller]
    via = [it for it in of_provider if it["via_id"] == reseller]
    has_agreement = (customer, provider) in world.attested or any(
        it["audience"] == "CUSTOMER" for it in world.acceptances[customer]
    )
    has_reseller = any(is_on(it) for it in of_reseller)
    turn = None
    if company is not None:
        # Who of the three asks, and whether it knows both of the others (R8, R12).
        if company == world.partners[provider]["company_id"]:
            turn, knows = "PROVIDER", bool(of_provider)
        elif company == world.partners[reseller]["company_id"]:
            turn, knows = "RESELLER", bool(of_reseller)
        elif company == customer:
            turn, knows = "CUSTOMER", bool(of_provider) and bool(of_reseller)
        else:
            return NO_RELATIONSHIP
        if not knows or not world.relationships[provider, reseller]:
            return NO_RELATIONSHIP
        if not via:
            # The three never dealt together: what the customer has with the other is nobody's business.
            has_reseller = has_reseller and turn != "PROVIDER"
            has_agreement = has_agreement and turn != "RESELLER"

    found = []
    has_provider = any(is_on(it) for it in via)
    if operation == "NEW_PURCHASE":
        for partner, id, whose in (
            (provider, "provider.active", "PROVIDER"),
            (reseller, "reseller.active", "RESELLER"),
        ):
            if not world.active[partner]:
                found.append(blocker(id, whose, ENROLLMENT + "GetReadiness", ["goal"]))
        bond = world.bond(provider, reseller)
        if bond:
            found.append(bond)
        if not world.may_order(provider, reseller):
            cure = RELATIONSHIPS + "RestoreGrant"
            waits = ["relationship.active"] if bond else []
            found.append(
                blocker("grant.order-on-behalf", "RESELLER", cure, ["grant_type"], None, waits)
            )
        home = world.country(provider)
        for id, other in (
            ("market.same-region", world.country(reseller)),
            ("customer.market", world.companies[customer]["region_code"]),
        ):
            why = world.between(home, other)
            if why is not None:
                found.append(blocker(id, "SYSTEM", problems=why))
        if not has_reseller:
            found.append(customer_row("customer.reseller-authorised"))
    if not has_provider:
        found.append(customer_row("customer.provider-authorised"))
    if operation == "NEW_PURCHASE" and not has_agreement:
        found.append(
            blocker(
                "customer.agreement",
                "CUSTOMER",
                AGREEMENTS + "AcceptCustomerAgreement",
                (),
                AGREEMENTS + "AttestCustomerAgreement",
            )
        )
    return [it if turn is None else shown(it, turn) for it in found]


def shown(it, turn):
    """A party reads its own conditions, and those of the programme, whole."""
    if it["turn"] == turn or it["turn"] not in ("PROVIDER", "RESELLER", "CUSTOMER"):
        return it
    return {**blocker(it["id"], it["turn"]), "permanent": False}


def main():
    for line in sys.stdin:
        facts = json.loads(line)
        world = World(facts)
        answers = [
            [answer(world, asker["company"], it) for it in asker["questions"]]
            for asker in facts["asked"]
        ]
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
