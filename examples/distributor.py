#!/usr/bin/env python3
"""A distributor's platform in small: invites resellers, follows their answers, checks orders.

    distributor.py invite RESELLERS.csv     crm_id,email,company_name,partner_id,language_code
    distributor.py follow RESELLERS.csv     who has accepted; names the relationships by crm_id
    distributor.py check ORDERS.csv         reseller,customer,operation; reseller by crm_id or name

Whatever is cut off is simply called again: request ids follow from the list, so that nothing is done
twice, and the server is asked what is there already. It keeps no state of its own.

Who calls is a GLOBAL_ADMIN or ADMIN_AGENT of the provider: a service account by PACTA_TOKEN_COMMAND,
a command that prints a token and is called again when that one has ended (`pacta token sign ...`), or
else a person by PACTA_SIGN_IN_NAME and PACTA_PASSWORD.
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
# Who calls, from the environment.
CREDENTIALS = ("PACTA_TOKEN_COMMAND", "PACTA_SIGN_IN_NAME", "PACTA_PASSWORD")
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
    """What the server said, by its stable reason, and in how many seconds to try again."""

    def __init__(self, error):
        super().__init__(error.details())
        self.reason, self.metadata, self.wait = "", {}, 0
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(retry):
                self.wait = retry.retry_delay.ToTimedelta().total_seconds()


class Pacta:
    """The server, asked as one person or machine; with a new credential when the last has ended."""

    def __init__(self, address, ca, credentials):
        from pacta.relationships.v1 import relationships_pb2_grpc
        from pacta.users.v1 import users_pb2_grpc

        if ca:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(Path(ca).read_bytes()))
        else:
            channel = grpc.insecure_channel(address)
        self.relationships = relationships_pb2_grpc.RelationshipsServiceStub(channel)
        self.users = users_pb2_grpc.UsersServiceStub(channel)
        self.name = credentials.get("PACTA_SIGN_IN_NAME", "")
        self.password = credentials.get("PACTA_PASSWORD", "")
        self.token_command = credentials.get("PACTA_TOKEN_COMMAND")
        self.token = None

    def sign_in(self):
        from pacta.users.v1 import users_pb2

        if self.token_command:
            self.token = token_of(self.token_command)
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
                # As long as the server says, where it does.
                time.sleep(max(refused.wait, 0.1 * 2**n_tries))

    def pages(self, rpc, request, field):
        """Every row of a list."""
        while True:
            answer = self.ask(rpc, request)
            yield from getattr(answer, field)
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token


def token_of(command):
    """What the command prints. It is not given what the platform was given: `pacta` takes every PACTA_
    for a setting of the server."""
    own = {key: value for key, value in os.environ.items() if key not in CREDENTIALS}
    made = subprocess.run(command, shell=True, env=own, stdout=subprocess.PIPE, text=True, check=False)
    token = made.stdout.strip()
    if made.returncode or not token:
        sys.exit(f"PACTA_TOKEN_COMMAND gave no token (exit {made.returncode})")
    return token


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def request_id(act, row):
    """The same for the same row, whenever and wherever it is tried; another once the row was changed."""
    what = "".join(f"/{key}={row[key]}" for key in sorted(row) if row[key])
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pacta:{act}{what}"))


def call_it(pacta, name, known, namespace, crm_id):
    """The thing is found by our own id from now on, and goes on being found by what other systems of
    the company call it: the ids that are sent take the place of all.

    Without a request id: to set what is set already does no harm, and the answer to an earlier time
    would not be the truth of today.
    """
    from pacta.relationships.v1 import relationships_pb2

    if known.get(namespace) == crm_id:
        return
    ids = {**known, namespace: crm_id}
    request = relationships_pb2.SetExternalIdsRequest(name=name, external_ids=ids)
    try:
        pacta.ask(pacta.relationships.SetExternalIds, request)
    except Refused as refused:
        if refused.reason != "EXTERNAL_ID_TAKEN":
            raise
        print(f"{crm_id} is {refused.metadata['resource']}, not {name}", flush=True)


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
            request_id=request_id("invite", row),
        )
        try:
            name = pacta.ask(pacta.relationships.CreateInvitation, request).invitation.name
        except Refused as refused:
            # Request ids are remembered for a week; an invitation that waits is found for ever.
            if refused.reason != "DUPLICATE_INVITATION":
                print(f"refused {crm_id} {refused.reason}", flush=True)
                continue
            name = refused.metadata["invitation"]
        # Asked for, not taken from the answer: that of a repetition is from when it was made.
        request = relationships_pb2.GetInvitationRequest(name=name)
        invitation = pacta.ask(pacta.relationships.GetInvitation, request).invitation
        call_it(pacta, name, invitation.external_ids, INVITATIONS, crm_id)
        n_sent += 1
        print(f"invited {crm_id} {name}", flush=True)
        time.sleep(max(0, 1 / args.per_second - (time.monotonic() - began)))
    print(f"{n_sent} invited, {len(known)} were before")


def follow(pacta, args):
    from pacta.relationships.v1 import relationship_pb2

    wanted = {row["crm_id"] for row in rows(args.file)}
    end, told = time.monotonic() + args.wait, set()
    while True:
        states, accepted = {}, {}
        for it in invitations(pacta):
            crm_id = it.external_ids.get(INVITATIONS)
            if crm_id not in wanted:
                continue
            state = relationship_pb2.InvitationState.Name(it.state).removeprefix("INVITATION_STATE_")
            states[state] = states.get(state, 0) + 1
            if it.relationship:
                accepted[it.relationship] = crm_id
        # What came of an invitation is found by our id of the reseller.
        for it in relationships(pacta) if accepted.keys() - told else ():
            if it.name in accepted and it.name not in told:
                call_it(pacta, it.name, it.external_ids, RELATIONSHIPS, accepted[it.name])
                print(f"accepted {accepted[it.name]} {it.reseller.partner}", flush=True)
                told.add(it.name)
        if len(accepted) >= args.expect or time.monotonic() >= end:
            break
        time.sleep(1)
    print(" ".join(f"{state}={n}" for state, n in sorted(states.items())))
    if len(accepted) < args.expect:
        sys.exit(f"{len(accepted)} have accepted, not {args.expect}")


def relationships(pacta, **filters):
    """Those that ended, too."""
    from pacta.relationships.v1 import relationships_pb2

    request = relationships_pb2.ListRelationshipsRequest(page_size=500, show_ended=True, **filters)
    return pacta.pages(pacta.relationships.ListRelationships, request, "relationships")


def check(pacta, args):
    from pacta.relationships.v1 import customer_pb2, relationship_pb2, relationships_pb2
    from pacta.users.v1 import users_pb2

    provider = pacta.ask(pacta.users.WhoAmI, users_pb2.WhoAmIRequest()).company.partner
    for row in rows(args.file):
        reseller = row["reseller"]
        order = f"order {reseller} {row['customer']} {row['operation']}"
        if not reseller.startswith("partners/"):
            key = relationship_pb2.ExternalId(namespace=RELATIONSHIPS, id=reseller)
            known = list(relationships(pacta, external_id=key))
            if not known:
                print(f"{order} unknown reseller")
                continue
            reseller = known[-1].reseller.partner
        # Whatever has become of the two: what was bought is managed on.
        operation = customer_pb2.OrderOperation.Value(f"ORDER_OPERATION_{row['operation']}")
        request = relationships_pb2.CheckOrderAuthorizationRequest(
            provider=provider, reseller=reseller, customer=row["customer"], operation=operation
        )
        answer = pacta.ask(pacta.relationships.CheckOrderAuthorization, request)
        verdict = "authorised" if answer.authorized else " ".join(it.id for it in answer.blockers)
        print(f"{order} {verdict}")


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
    credentials = {key: os.environ[key] for key in CREDENTIALS if os.environ.get(key)}
    if not credentials:
        sys.exit(f"who calls is said by {CREDENTIALS[0]}, or by {CREDENTIALS[1]} and {CREDENTIALS[2]}")
    pacta = Pacta(args.server, args.ca, credentials)
    try:
        {"invite": invite, "follow": follow, "check": check}[args.act](pacta, args)
    except Refused as refused:
        sys.exit(f"{refused.reason}: {refused}")


if __name__ == "__main__":
    main()
