//! What a company gathers before it enrols, and what then happens, in words (E1).

use crate::{Language, check::CheckKind, facts::AddressField, readiness::Turn};

/// Something in the languages we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    english: &'static str,
    spanish: &'static str,
}

/// One thing to give.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Where it goes in the request of `rpc`.
    pub path: &'static str,
    pub rpc: &'static str,
    pub label: Words,
    pub hint: Words,
    /// Whether a submission waits for it; a registration id depends on the country.
    pub is_required: bool,
}

/// A document that a reviewer may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// By its name in the contract.
    pub kind: &'static str,
    pub label: Words,
    pub shows: CheckKind,
}

/// One step of an enrolment.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub rpc: &'static str,
    pub turn: Turn,
    pub title: Words,
    pub text: Words,
}

impl Words {
    pub const fn new(english: &'static str, spanish: &'static str) -> Words {
        Words { english, spanish }
    }

    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Spanish => self.spanish,
        }
    }
}

pub const SERVED: Words = Words::new(
    "companies of this country can enrol",
    "las empresas de este país pueden inscribirse",
);
pub const NOT_SERVED: Words = Words::new(
    "the programme is not offered in this country, so its companies cannot enrol",
    "el programa no se ofrece en este país, así que sus empresas no pueden inscribirse",
);

/// What to give, in the order of the steps.
pub const FIELDS: &[Field] = &[
    Field {
        path: "legal_profile.legal_name",
        rpc: LEGAL,
        label: Words::new("Legal name", "Razón social"),
        hint: Words::new(
            "as the public register has it, legal form included",
            "como consta en el registro público, con la forma jurídica",
        ),
        is_required: true,
    },
    Field {
        path: "legal_profile.address",
        rpc: LEGAL,
        label: Words::new("Legal address", "Domicilio social"),
        hint: Words::new(
            "in the form that this guide shows; ValidateAddress judges it beforehand",
            "en el formato que muestra esta guía; ValidateAddress la comprueba de antemano",
        ),
        is_required: true,
    },
    Field {
        path: REGISTRATION_ID,
        rpc: LEGAL,
        label: Words::new("Registration id", "Número de registro"),
        hint: Words::new(
            "number in a public register, with its type",
            "número en un registro público, con su tipo",
        ),
        is_required: false,
    },
    Field {
        path: "legal_profile.duns_number",
        rpc: LEGAL,
        label: Words::new("D-U-N-S number", "Número D-U-N-S"),
        hint: Words::new("nine digits, if there is one", "nueve cifras, si lo hay"),
        is_required: false,
    },
    Field {
        path: "primary_contact.given_name",
        rpc: CONTACT,
        label: Words::new("Contact's given name", "Nombre del contacto"),
        hint: Words::new(
            "a person of the company who can vouch for it; may be another than the applicant",
            "una persona de la empresa que pueda responder por ella; puede no ser el solicitante",
        ),
        is_required: true,
    },
    Field {
        path: "primary_contact.family_name",
        rpc: CONTACT,
        label: Words::new("Contact's family name", "Apellidos del contacto"),
        hint: Words::new("of the same person", "de la misma persona"),
        is_required: true,
    },
    Field {
        path: "primary_contact.email",
        rpc: CONTACT,
        label: Words::new("Contact's e-mail address", "Correo del contacto"),
        hint: Words::new(
            "the person's own mailbox at the company: no web mail, no shared mailbox such as info@",
            "buzón propio de la persona en la empresa: ni correo web ni buzones comunes como info@",
        ),
        is_required: true,
    },
    Field {
        path: "primary_contact.phone",
        rpc: CONTACT,
        label: Words::new("Contact's telephone", "Teléfono del contacto"),
        hint: Words::new("with plus sign and country code", "con signo más y prefijo de país"),
        is_required: true,
    },
    Field {
        path: "primary_contact.language_code",
        rpc: CONTACT,
        label: Words::new("Language of mails", "Idioma de los correos"),
        hint: Words::new("en or es", "en o es"),
        is_required: false,
    },
    Field {
        path: "support_profile.email",
        rpc: SUPPORT,
        label: Words::new("Support e-mail address", "Correo de asistencia"),
        hint: Words::new(
            "where customers write; a shared mailbox is fine",
            "adonde escriben los clientes; puede ser un buzón común",
        ),
        is_required: true,
    },
    Field {
        path: "support_profile.phone",
        rpc: SUPPORT,
        label: Words::new("Support telephone", "Teléfono de asistencia"),
        hint: Words::new("with plus sign and country code", "con signo más y prefijo de país"),
        is_required: true,
    },
    Field {
        path: "support_profile.website_uri",
        rpc: SUPPORT,
        label: Words::new("Support page", "Página de asistencia"),
        hint: Words::new("an https address, if there is one", "una dirección https, si la hay"),
        is_required: false,
    },
];

/// The field that the country decides about.
pub const REGISTRATION_ID: &str = "legal_profile.registration_id";

const ACCOUNT: &str = "pacta.users.v1.UsersService/CreateWorkAccount";
const START: &str = "pacta.enrollment.v1.EnrollmentService/StartEnrollment";
const LEGAL: &str = "pacta.enrollment.v1.EnrollmentService/UpdateLegalProfile";
const CONTACT: &str = "pacta.enrollment.v1.EnrollmentService/UpdatePrimaryContact";
const SUPPORT: &str = "pacta.enrollment.v1.EnrollmentService/UpdateSupportProfile";
const SUBMIT: &str = "pacta.enrollment.v1.EnrollmentService/SubmitEnrollment";
const CONFIRM: &str = "pacta.enrollment.v1.EnrollmentService/ConfirmContact";
const DECIDE: &str = "pacta.enrollment.v1.EnrollmentService/DecideCheck";
const TIE: &str = "pacta.enrollment.v1.EnrollmentService/AssociatePartnerId";
const SIGN: &str = "pacta.agreements.v1.AgreementsService/AcceptAgreement";

/// What to have at hand, in case a reviewer asks for it.
pub const DOCUMENTS: &[Document] = &[
    Document {
        kind: "REGISTER_EXTRACT",
        label: Words::new(
            "extract of a public register, at most three months old",
            "extracto de un registro público, de tres meses como máximo",
        ),
        shows: CheckKind::Business,
    },
    Document {
        kind: "TAX_CERTIFICATE",
        label: Words::new(
            "tax certificate, or notice of a tax number",
            "certificado fiscal o comunicación de un número fiscal",
        ),
        shows: CheckKind::Business,
    },
    Document {
        kind: "ADDRESS_PROOF",
        label: Words::new(
            "bank statement or utility bill with name and address",
            "extracto bancario o factura de suministros con nombre y dirección",
        ),
        shows: CheckKind::Business,
    },
    Document {
        kind: "EMPLOYMENT_LETTER",
        label: Words::new(
            "letter of the company that names the contact's position",
            "carta de la empresa que indique el cargo del contacto",
        ),
        shows: CheckKind::Employment,
    },
    Document {
        kind: "DOMAIN_REGISTRATION",
        label: Words::new(
            "proof that the mail domain is registered to the company",
            "prueba de que el dominio de correo está registrado a nombre de la empresa",
        ),
        shows: CheckKind::Employment,
    },
];

/// What happens, in order.
pub const STEPS: &[Step] = &[
    Step {
        rpc: ACCOUNT,
        turn: Turn::Applicant,
        title: Words::new("Make a work account", "Crear una cuenta de trabajo"),
        text: Words::new(
            "unless the company has one: its first person becomes its global admin",
            "salvo que la empresa ya la tenga: su primera persona será su administrador global",
        ),
    },
    Step {
        rpc: START,
        turn: Turn::Applicant,
        title: Words::new("Start the enrolment", "Iniciar la inscripción"),
        text: Words::new(
            "a global admin does; one enrolment for each company",
            "lo hace un administrador global; una inscripción por empresa",
        ),
    },
    Step {
        rpc: LEGAL,
        turn: Turn::Applicant,
        title: Words::new("Say who the company is", "Decir quién es la empresa"),
        text: Words::new(
            "legal name, address, registration id; each can be given later",
            "razón social, domicilio y número de registro; cada dato puede darse más tarde",
        ),
    },
    Step {
        rpc: CONTACT,
        turn: Turn::Applicant,
        title: Words::new("Name the primary contact", "Nombrar al contacto principal"),
        text: Words::new(
            "the person who will confirm the enrolment from an own mailbox",
            "la persona que confirmará la inscripción desde un buzón propio",
        ),
    },
    Step {
        rpc: SUPPORT,
        turn: Turn::Applicant,
        title: Words::new("Say where customers find help", "Decir dónde se atiende a los clientes"),
        text: Words::new("e-mail address and telephone", "correo y teléfono"),
    },
    Step {
        rpc: SUBMIT,
        turn: Turn::Applicant,
        title: Words::new("Hand the enrolment in", "Presentar la inscripción"),
        text: Words::new(
            "the applicant states that it may act for the company",
            "el solicitante declara que puede actuar en nombre de la empresa",
        ),
    },
    Step {
        rpc: CONFIRM,
        turn: Turn::Contact,
        title: Words::new("Confirm by mail", "Confirmar por correo"),
        text: Words::new(
            "the contact opens the link in its mail, good for seven days, and makes two statements",
            "el contacto abre el enlace de su correo, válido siete días, y hace dos declaraciones",
        ),
    },
    Step {
        rpc: DECIDE,
        turn: Turn::Reviewer,
        title: Words::new("Review", "Revisión"),
        text: Words::new(
            "usually three to five business days; a reviewer may ask for a document",
            "por lo común de tres a cinco días hábiles; puede pedirse un documento",
        ),
    },
    Step {
        rpc: TIE,
        turn: Turn::Applicant,
        title: Words::new("Tie a PartnerID", "Asociar un PartnerID"),
        text: Words::new(
            "of a place of business in the same country; AddLocation makes a missing one; possible \
             at any time",
            "de un local del mismo país; AddLocation crea el que falte; se puede en cualquier \
             momento",
        ),
    },
    Step {
        rpc: SIGN,
        turn: Turn::Applicant,
        title: Words::new("Sign the partner agreement", "Firmar el contrato de socio"),
        text: Words::new(
            "a global admin signs after approval; the partner is then active",
            "lo firma un administrador global tras la aprobación; el socio queda entonces activo",
        ),
    },
];

/// What a country calls a part of its addresses; `kind` is its metadata's word, if it has one.
pub fn address_label(field: AddressField, kind: &str) -> Words {
    match (field, kind) {
        (AddressField::AdministrativeArea, "state") => Words::new("State", "Estado"),
        (AddressField::AdministrativeArea, "department") => {
            Words::new("Department", "Departamento")
        }
        (AddressField::AdministrativeArea, "county") => Words::new("County", "Condado"),
        (AddressField::AdministrativeArea, "island") => Words::new("Island", "Isla"),
        (AddressField::AdministrativeArea, "parish") => Words::new("Parish", "Parroquia"),
        (AddressField::AdministrativeArea, "oblast") => Words::new("Oblast", "Óblast"),
        (AddressField::AdministrativeArea, "emirate") => Words::new("Emirate", "Emirato"),
        (AddressField::AdministrativeArea, "area") => Words::new("Area", "Área"),
        (AddressField::AdministrativeArea, "prefecture") => Words::new("Prefecture", "Prefectura"),
        (AddressField::AdministrativeArea, "district") => Words::new("District", "Distrito"),
        (AddressField::AdministrativeArea, "do_si") => {
            Words::new("Province or city", "Provincia o ciudad")
        }
        (AddressField::AdministrativeArea, _) => Words::new("Province", "Provincia"),
        (AddressField::Locality, "district") => Words::new("District", "Distrito"),
        (AddressField::Locality, "post_town") => Words::new("Post town", "Ciudad postal"),
        (AddressField::Locality, "suburb") => Words::new("Suburb", "Suburbio"),
        (AddressField::Locality, _) => Words::new("City", "Ciudad"),
        (AddressField::PostalCode, "zip") => Words::new("ZIP code", "Código ZIP"),
        (AddressField::PostalCode, "eircode") => Words::new("Eircode", "Eircode"),
        (AddressField::PostalCode, "pin") => Words::new("PIN code", "Código PIN"),
        (AddressField::PostalCode, _) => Words::new("Postal code", "Código postal"),
        (AddressField::DependentLocality, _) => Words::new("Neighbourhood", "Barrio"),
        (AddressField::SortingCode, _) => Words::new("Sorting code", "Código de clasificación"),
        (AddressField::AddressLines, _) => Words::new("Street and number", "Calle y número"),
        (AddressField::RegionCode, _) => Words::new("Country", "País"),
    }
}
