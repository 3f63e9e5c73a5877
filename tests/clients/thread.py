#!/usr/bin/env python3
"""The thread of the floor by a client of its own: from nobody to an authorised order.

Written from what `grpcurl describe` prints and from README.md alone. The stubs come out of the server's
own reflection. A distributor's platform acts as a service account where a machine may (it invites,
attests and asks about orders); persons do what is a person's.

    thread.py --server HOST:PORT --pacta 'pacta --data DIR' [--plaintext]

`--pacta` is the command line of the server's own machine: it makes the operator, reads the mailbox
folder, and makes the platform's key and tokens.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status

PASSWORD = "long enough to be a passphrase"


class Refused(Exception):
    """An answer that is an error, by its stable reason."""

    def __init__(self, error):
        status, self.reason = rpc_status.from_call(error), ""
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                self.reason = info.reason
        self.code = error.code().name
        super().__init__(f"{self.code} {self.reason}: {error.details()}")


class Server:
    """The contract as the server tells it, and a channel."""

    def __init__(self, address, folder):
        protoset = folder / "contract.pb"
        command = ["grpcurl", "-plaintext", "-protoset-out", protoset, address, "describe"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        from google.protobuf import descriptor_pb2

        files = descriptor_pb2.FileDescriptorSet.FromString(protoset.read_bytes()).file
        ours = [it.name for it in files if it.package.startswith("pacta.")]
        stubs = folder / "stubs"
        stubs.mkdir()
        command = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={protoset}"]
        command += [f"--python_out={stubs}", f"--grpc_python_out={stubs}", *ours]
        subprocess.run(command, check=True)
        sys.path.insert(0, str(stubs))
        self.channel = grpc.insecure_channel(address)
        self.services = {}
        for file in files:
            for service in file.service if file.package.startswith("pacta.") else ():
                module = file.name.removesuffix(".proto").replace("/", ".")
                messages = __import__(f"{module}_pb2", fromlist=["x"])
                stub = getattr(__import__(f"{module}_pb2_grpc", fromlist=["x"]), f"{service.name}Stub")
                self.services[service.name] = (stub(self.channel), messages, service)

    def call(self, path, token=None, **fields):
        """One RPC, `Service/Method`; the answer as a dictionary, a stream's as a list of them."""
        service, method = path.split("/")
        stub, messages, described = self.services[f"{service}Service"]
        shape = next(it for it in described.method if it.name == method)
        kind = shape.input_type.rsplit(".", 1)[-1]
        request = json_format.ParseDict(fields, self.message(messages, kind))
        metadata = (("authorization", f"Bearer {token()}"),) if token else ()
        try:
            answer = getattr(stub, method)(request, metadata=metadata, timeout=20)
            if shape.server_streaming:
                return [json_format.MessageToDict(it) for it in answer]
            return json_format.MessageToDict(answer, preserving_proto_field_name=True)
        except grpc.RpcError as error:
            raise Refused(error) from error

    @staticmethod
    def message(messages, kind):
        """The message type, wherever among the imports of the service's file it stands."""
        found = getattr(messages, kind, None)
        if found is None:
            for it in vars(messages).values():
                found = found or getattr(it, kind, None)
        return found()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--pacta", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Thread(Server(args.server, Path(folder)), shlex.split(args.pacta), Path(folder)).run()


class Thread:
    def __init__(self, server, command, folder):
        self.server, self.command, self.folder = server, command, folder
        # Makes the names of this run its own.
        self.run_id = uuid.uuid4().hex[:8]

    def pacta(self, *words):
        done = subprocess.run([*self.command, *words], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def secret(self, address):
        """The secret of the newest mail to an address, as soon as it is there."""
        for _ in range(100):
            found = self.pacta("mail", "show", "--to", address, "--secret")
            if found:
                return found
            time.sleep(0.2)
        sys.exit(f"no mail for {address}")

    def refused(self, expected, path, token=None, **fields):
        try:
            self.server.call(path, token, **fields)
        except Refused as refused:
            if refused.reason != expected:
                raise
            print(f"  refused as it should be: {path} {expected}")
            return
        sys.exit(f"{path} should have been refused: {expected}")

    def sign_in(self, name, one_time):
        self.server.call("Users/ChangePassword", sign_in_name=name, old_password=one_time, new_password=PASSWORD)
        token = self.server.call("Users/SignIn", sign_in_name=name, password=PASSWORD)["access_token"]
        return lambda: token

    def operator(self):
        roles = ["OPERATOR", "REVIEWER", "AGREEMENT_PUBLISHER", "INTERNAL_SERVICE"]
        words = ["--name", f"py{self.run_id}", "--given-name", "Vera", "--family-name", "Lindqvist"]
        words += ["--email", "vera@vendor.example", *(word for it in roles for word in ("--role", it))]
        made = self.pacta("operator", "create", *words)
        lines = dict(line.rsplit(None, 1) for line in made.splitlines())
        return self.sign_in(lines["sign-in name"], lines["one-time password"])

    def account(self, prefix, display_name, region_code):
        made = self.server.call(
            "Users/CreateWorkAccount",
            domain_prefix=f"{prefix}-{self.run_id}",
            display_name=display_name,
            region_code=region_code,
            user_name="anna",
            given_name="Anna",
            family_name="Ferrer",
            email=f"anna@{prefix}-{self.run_id}.example",
        )
        return made["company"]["name"], self.sign_in(made["user"]["sign_in_name"], made["one_time_password"])

    def consent(self, statement):
        return {"given": True, "text_sha256": statement["text_sha256"]}

    def enrol(self, vera, token, prefix, kind, postal_code, area, city, street):
        """From a DRAFT to an ACTIVE partner; the partner's name."""
        call, mailbox = self.server.call, f"jordi.puig@{prefix}-{self.run_id}.example"
        partner = call("Enrollment/StartEnrollment", token)["partner"]["name"]
        name = f"{partner}/enrollment"
        address = {
            "region_code": "ES",
            "postal_code": postal_code,
            "administrative_area": area,
            "locality": city,
            "address_lines": [street],
        }
        profile = {"legal_name": f"{prefix} {self.run_id}, S.L.", "address": address}
        call("Enrollment/UpdateLegalProfile", token, name=name, legal_profile=profile)
        contact = {
            "given_name": "Jordi",
            "family_name": "Puig",
            "email": mailbox,
            "phone": "+34931234567",
            "language_code": "es",
        }
        call("Enrollment/UpdatePrimaryContact", token, name=name, primary_contact=contact)
        support = {"email": f"soporte@{prefix}-{self.run_id}.example", "phone": "+34931234568"}
        call("Enrollment/UpdateSupportProfile", token, name=name, support_profile=support)
        found = call("Enrollment/GetEnrollment", token, name=name)["enrollment"]
        hash_ = found["authority_statement"]["text_sha256"]
        submit = {"name": name, "authority_confirmed": True, "authority_text_sha256": hash_}
        call("Enrollment/SubmitEnrollment", token, **submit)

        secret = self.secret(mailbox)
        shown = call("Enrollment/PreviewContactConfirmation", link_secret=secret)
        call(
            "Enrollment/ConfirmContact",
            link_secret=secret,
            registration_known=self.consent(shown["registration_statement"]),
            address_owned=self.consent(shown["address_statement"]),
        )
        for check in ("EMPLOYMENT", "BUSINESS"):
            decision = {"kind": f"CHECK_KIND_{check}", "decision": "CHECK_DECISION_PASS"}
            call("Enrollment/DecideCheck", vera, name=name, **decision)
        place = call("Enrollment/AddLocation", token, display_name="Head office", address=address)
        number = place["location"]["partner_id"]
        call("Enrollment/AssociatePartnerId", token, name=name, partner_id=number)
        self.sign(token, kind)
        return partner

    def sign(self, token, kind):
        shown = self.server.call("Agreements/GetAgreement", token, name=f"agreements/{kind}")["agreement"]
        document = {
            "name": shown["effective_version"],
            "document_sha256": shown["versions"][0]["documents"][0]["content_sha256"],
        }
        self.server.call("Agreements/DownloadAgreementDocument", token, **document)
        consent = self.consent(shown["consent_statement"])
        self.server.call("Agreements/AcceptAgreement", token, **document, consent=consent)

    def platform(self, keeper):
        """A service account of the keeper's company; a token that it signs anew for each call."""
        key = self.folder / "platform.pem"
        public = self.pacta("token", "key", "--out", str(key))
        roles = ["ROLE_ADMIN_AGENT", "ROLE_SALES_AGENT"]
        made = self.server.call("Users/CreateServiceAccount", keeper, display_name="Shop", roles=roles)
        name = made["service_account"]["name"]
        added = self.server.call("Users/AddServiceAccountKey", keeper, parent=name, public_key=public)
        print(f"the platform is {name}, with key {added['key']['key_id']}")
        words = ["--key", str(key), "--account", name]
        words += ["--audience", made["service_account"]["audience"]]
        return name, added["key"]["name"], lambda: self.pacta("token", "sign", *words)

    def run(self):
        call = self.server.call
        vera = self.operator()
        for kind in ("reseller", "provider", "customer"):
            agreement = call("Agreements/GetAgreement", vera, name=f"agreements/{kind}")["agreement"]
            if not agreement.get("effective_version"):
                call("Agreements/PublishAgreementVersion", vera, name=agreement["versions"][0]["name"])
        company, provider_token = self.account("anahuac", "Distribuidora Anáhuac", "ES")
        call("Enrollment/AppointProvider", vera, company=company, reason="distributor")
        _, reseller_token = self.account("diagonal", "Diagonal Cloud", "ES")
        place = ("28014", "Madrid", "Madrid", "Calle de Alcalá 42")
        provider = self.enrol(vera, provider_token, "anahuac", "provider", *place)
        place = ("08018", "Barcelona", "Barcelona", "Avinguda Diagonal 211")
        reseller = self.enrol(vera, reseller_token, "diagonal", "reseller", *place)
        print(f"{provider} and {reseller} are ACTIVE")

        name, key, platform = self.platform(provider_token)
        itself = call("Users/WhoAmI", platform)
        assert itself["service_account"]["name"] == name, itself
        mailbox = f"jordi.puig@diagonal-{self.run_id}.example"
        call("Relationships/CreateInvitation", platform, email=mailbox, company_name="Diagonal Cloud")
        secret = self.secret(mailbox)
        shown = call("Relationships/PreviewInvitation", link_secret=secret)
        accept = {"link_secret": secret, "consent": self.consent(shown["consent_statement"])}
        # Accepting is a person's, and of the other company's.
        self.refused("ROLE_MISSING", "Relationships/AcceptInvitation", platform, **accept)
        tied = call("Relationships/AcceptInvitation", reseller_token, **accept)["relationship"]
        self.refused("LINK_USED", "Relationships/AcceptInvitation", reseller_token, **accept)
        # Ending takes a person who has just signed in.
        end = {"name": tied["name"], "reason": "no more"}
        self.refused("PERSON_REQUIRED", "Relationships/EndRelationship", platform, **end)

        customer, customer_token = self.account("zbinden", "Bäckerei Zbinden", "CH")
        customer = customer.replace("companies", "customers")
        question = {
            "provider": provider,
            "reseller": reseller,
            "customer": customer,
            "operation": "ORDER_OPERATION_NEW_PURCHASE",
        }
        before = call("Relationships/CheckOrderAuthorization", platform, **question)
        assert not before.get("authorized"), before
        mailbox = f"zbinden-{self.run_id}@bluewin.ch"
        invite = {"provider": provider, "email": mailbox, "company_name": "Bäckerei Zbinden"}
        call("Relationships/CreateCustomerInvitation", reseller_token, **invite)
        secret = self.secret(mailbox)
        shown = call("Relationships/PreviewCustomerInvitation", link_secret=secret)
        consent = self.consent(shown["consent_statement"])
        call("Relationships/AcceptCustomerInvitation", customer_token, link_secret=secret, consent=consent)
        attest = {
            "customer": customer,
            "signer_given_name": "Beat",
            "signer_family_name": "Zbinden",
            "signer_email": mailbox,
            "sign_date": "2026-01-15",
        }
        call("Agreements/AttestCustomerAgreement", platform, **attest)
        after = call("Relationships/CheckOrderAuthorization", platform, **question)
        assert after.get("authorized"), after
        by_orders = call("Relationships/CheckOrderAuthorization", vera, **question)
        assert by_orders.get("authorized"), by_orders

        # What the platform did stands in its name; a revoked key is good for nothing more.
        entries = call("Changes/ListAuditEntries", provider_token, parent=company)["audit_entries"]
        assert any(it["actor"]["principal"] == name for it in entries), entries
        last = platform()
        call("Users/RevokeServiceAccountKey", provider_token, name=key, reason="the thread is over")
        self.refused("CREDENTIAL_INVALID", "Users/WhoAmI", lambda: last)
        print(json.dumps(question))
        print("the order is authorised")


if __name__ == "__main__":
    main()
