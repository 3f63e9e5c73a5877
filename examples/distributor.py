#!/usr/bin/env python3
"""A distributor's platform in small: invites resellers, follows their answers, checks orders.

    distributor.py invite RESELLERS.csv     crm_id,email,company_name,partner_id,language_code
    distributor.py follow RESELLERS.csv     who has accepted; names the relationships by crm_id
    distributor.py check ORDERS.csv         reseller,customer,operation; reseller by crm_id or name

Whatever is cut off is simply called again: request ids follow from the list, so that nothing is done
twice, and the server is asked what is there already. It keeps no state of its own.

Who calls is a GLOBAL_ADMIN or ADMIN_AGENT of the provider: a person by PACTA_SIGN_IN_NAME and
PACTA_PASSWORD, or a service account by PACTA_TOKEN_COMMAND, which prints a token (`pacta token ...`).
"""

import argparse
import csv
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

ROOT = Path(__file__).resolve().parent.parent
# What we call things: within a namespace an id names one thing, so each kind has its own.
INVITATIONS, RELATIONSHIPS = "crm-invitation", "crm-reseller"
# Answers that a repetition may turn into a better one; every call here may be repeated.
TRY_AGAIN = {"UNAVAILABLE", "CONTENTION", "RATE_LIMITED", "DEADLINE_EXCEEDED", ""}


def load_contract(folder):
    """Stubs out of the proto folder, made anew whenever it has changed."""
    protos = sorted((ROOT / "proto").rglob("*.proto"))
    stamp = folder / "made"
    newest = max(it.stat().st_mtime for it in protos)
    if not stamp.exists() or stamp.stat().st_mtime < newest:
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}"]
        command += [f"--python_out={folder}", f"--grpc_python_out={folder}", *map(str, protos)]
        subprocess.run(command, check=True)
        stamp.touch()
    sys.path.insert(0, str(folder))


class Refused(Exception):
    """What the server said, by its stable reason."""

    def __init__(self, error):
        super().__init__(error.details())
        self.reason, self.metadata = "", {}
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)


class Pacta:
    """The server, asked as one person; signs in again when the session has ended."""

    def __init__(self, address, ca, name, password):
        from pacta.relationships.v1 import relationships_pb2_grpc
        from pacta.users.v1 import users_pb2_grpc

        if ca:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(ca).read_bytes()))
        else:
            channel = grpc.insecure_channel(address)
        self.relationships = relationships_pb2_grpc.RelationshipsServiceStub(channel)
        self.users = users_pb2_grpc.UsersServiceStub(channel)
        self.name, self.password, self.token = name, password, None

    def sign_in(self):
        from pacta.users.v1 import users_pb2

        if command := os.environ.get("PACTA_TOKEN_COMMAND"):
            self.token = subprocess.check_output(command, shell=True, text=True).strip()
            return
        request = users_pb2.SignInRequest(sign_in_name=self.name, password=self.password)
        self.token = self.insist(self.users.SignIn, request, ()).access_token

    def ask(self, rpc, request):
        if self.token is None:
            self.sign_in()
        try:
            return self.insist(rpc, request, (("authorization", f"Bearer {self.token}"),))
        except Refused as refused:
            if refused.reason not in ("CREDENTIAL_EXPIRED", "CREDENTIAL_INVALID", "SESSION_REVOKED"):
                raise
            self.sign_in()
            return self.insist(rpc, request, (("authorization", f"Bearer {self.token}"),))

    @staticmethod
    def insist(rpc, request, metadata):
        for n_tries in range(8):
            try:
                return rpc(request, metadata=metadata, timeout=10)
            except grpc.RpcError as error:
                refused = Refused(error)
                if refused.reason not in TRY_AGAIN or n_tries == 7:
                    raise refused from error
                time.sleep(0.1 * 2**n_tries)

    def pages(self, rpc, request, field):
        """Every row of a list."""
        while True:
            answer = self.ask(rpc, request)
            yield from getattr(answer, field)
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def request_id(act, crm_id):
    """The same for the same act, whenever and wherever it is tried; companies do not share them."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pacta:{act}/{crm_id}"))


def call_it(pacta, name, namespace, crm_id):
    """The thing is found by our own id from now on."""
    from pacta.relationships.v1 import relationships_pb2

    request = relationships_pb2.SetExternalIdsRequest(
        name=name, external_ids={namespace: crm_id}, request_id=request_id(f"name/{name}", crm_id)
    )
    pacta.ask(pacta.relationships.SetExternalIds, request)


def invitations(pacta, **filters):
    from pacta.relationships.v1 import relationships_pb2

    request = relationships_pb2.ListInvitationsRequest(page_size=500, **filters)
    return pacta.pages(pacta.relationships.ListInvitations, request, "invitations")


def invite(pacta, args):
    from pacta.relationships.v1 import relationships_pb2

    known = {it.external_ids.get(INVITATIONS) for it in invitations(pacta)} - {None}
    n_sent = 0
    for row in rows(args.file):
        crm_id = row["crm_id"]
        if crm_id in known:
            continue
        began = time.monotonic()
        request = relationships_pb2.CreateInvitationRequest(
            email=row["email"],
            company_name=row["company_name"],
            partner_id=row.get("partner_id") or "",
            language_code=row.get("language_code") or "en",
            request_id=request_id("invite", crm_id),
        )
        try:
            name = pacta.ask(pacta.relationships.CreateInvitation, request).invitation.name
        except Refused as refused:
            # Request ids are remembered for a week; an invitation that waits is found for ever.
            if refused.reason != "DUPLICATE_INVITATION":
                print(f"refused {crm_id} {refused.reason}", flush=True)
                continue
            name = refused.metadata["invitation"]
        call_it(pacta, name, INVITATIONS, crm_id)
        n_sent += 1
        print(f"invited {crm_id} {name}", flush=True)
        time.sleep(max(0, 1 / args.per_second - (time.monotonic() - began)))
    print(f"{n_sent} invited, {len(known)} were before")


def follow(pacta, args):
    from pacta.relationships.v1 import relationship_pb2, relationships_pb2

    wanted = {row["crm_id"] for row in rows(args.file)}
    end = time.monotonic() + args.wait
    while True:
        states, accepted = {}, 0
        for it in invitations(pacta):
            crm_id = it.external_ids.get(INVITATIONS)
            if crm_id not in wanted:
                continue
            state = relationship_pb2.InvitationState.Name(it.state).removeprefix("INVITATION_STATE_")
            states[state] = states.get(state, 0) + 1
            if it.relationship:
                accepted += 1
                name_relationship(pacta, it.relationship, crm_id)
        if accepted >= args.expect or time.monotonic() >= end:
            break
        time.sleep(1)
    print(" ".join(f"{state}={n}" for state, n in sorted(states.items())))
    if accepted < args.expect:
        sys.exit(f"{accepted} have accepted, not {args.expect}")


def name_relationship(pacta, name, crm_id):
    """What came of an invitation is found by our id of the reseller."""
    from pacta.relationships.v1 import relationships_pb2

    request = relationships_pb2.GetRelationshipRequest(name=name)
    relationship = pacta.ask(pacta.relationships.GetRelationship, request).relationship
    if relationship.external_ids.get(RELATIONSHIPS) != crm_id:
        call_it(pacta, name, RELATIONSHIPS, crm_id)
    print(f"accepted {crm_id} {relationship.reseller.partner}", flush=True)


def check(pacta, args):
    from pacta.relationships.v1 import customer_pb2, relationship_pb2, relationships_pb2

    for row in rows(args.file):
        reseller, provider = row["reseller"], ""
        request = relationships_pb2.ListRelationshipsRequest(page_size=1)
        if reseller.startswith("partners/"):
            request.partner = reseller
        else:
            key = relationship_pb2.ExternalId(namespace=RELATIONSHIPS, id=reseller)
            request.external_id.CopyFrom(key)
        for it in pacta.ask(pacta.relationships.ListRelationships, request).relationships:
            reseller, provider = it.reseller.partner, it.provider.partner
        if not provider:
            print(f"order {row['reseller']} {row['customer']} unknown reseller")
            continue
        operation = customer_pb2.OrderOperation.Value(f"ORDER_OPERATION_{row['operation']}")
        request = relationships_pb2.CheckOrderAuthorizationRequest(
            provider=provider, reseller=reseller, customer=row["customer"], operation=operation
        )
        answer = pacta.ask(pacta.relationships.CheckOrderAuthorization, request)
        verdict = "authorised" if answer.authorized else " ".join(it.id for it in answer.blockers)
        print(f"order {row['reseller']} {row['customer']} {verdict}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("act", choices=["invite", "follow", "check"])
    parser.add_argument("file")
    parser.add_argument("--server", default="127.0.0.1:50051")
    parser.add_argument("--ca", help="PEM file of the authorities that vouch for the server; without it, plain text")
    parser.add_argument("--per-second", type=float, default=50, help="most invitations in a second")
    parser.add_argument("--expect", type=int, default=0, help="follow: how many are to have accepted")
    parser.add_argument("--wait", type=float, default=0, help="follow: for how many seconds")
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    parser.add_argument("--stubs", type=Path, default=target / "python-stubs")
    args = parser.parse_args()
    load_contract(args.stubs)
    pacta = Pacta(args.server, args.ca, os.environ.get("PACTA_SIGN_IN_NAME"), os.environ.get("PACTA_PASSWORD"))
    try:
        {"invite": invite, "follow": follow, "check": check}[args.act](pacta, args)
    except Refused as refused:
        sys.exit(f"{refused.reason}: {refused}")


if __name__ == "__main__":
    main()
