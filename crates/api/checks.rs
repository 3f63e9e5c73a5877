//! Writes the field checks, request traits and enum names that the options in `proto/` ask for.

use std::{collections::BTreeSet, fmt::Write as _};

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind,
    MessageDescriptor, Value,
};

pub fn generate(descriptor: &[u8]) -> String {
    let pool = DescriptorPool::decode(descriptor).expect("own descriptor");
    let mut out = String::new();
    let mut checked = BTreeSet::new();
    for service in pool.services() {
        for method in service.methods() {
            request(&mut out, &pool, &method.input(), &mut checked);
            response(&mut out, &method.output());
        }
    }
    for it in pool.all_enums().filter(|it| it.full_name().starts_with("pacta.")) {
        names(&mut out, &it);
    }
    out
}

fn request(
    out: &mut String,
    pool: &DescriptorPool,
    message: &MessageDescriptor,
    checked: &mut BTreeSet<String>,
) {
    check(out, pool, message, checked);
    let path = rust_path(message.full_name());
    let has = |name: &str| message.get_field_by_name(name).is_some();
    let mut body = String::new();
    if has("request_id") {
        body += "fn request_id(&self) -> &str { &self.request_id }\n";
        body += "fn without_request_id(mut self) -> Self { self.request_id.clear(); self }\n";
    }
    if has("validate_only") {
        body += "fn validate_only(&self) -> bool { self.validate_only }\n";
    }
    if has("link_secret") {
        body += "fn link_secret(&self) -> &str { &self.link_secret }\n";
    }
    writeln!(out, "impl crate::Request for {path} {{ {body} }}").expect("to a string");
}

fn response(out: &mut String, message: &MessageDescriptor) {
    let path = rust_path(message.full_name());
    let body = match message.get_field_by_name("plan") {
        Some(_) => {
            "fn planned(plan: crate::types::v1::Plan) -> Self { Self { plan: Some(plan), ..Self::default() } }"
        }
        None => "",
    };
    writeln!(out, "impl crate::Response for {path} {{ {body} }}").expect("to a string");
}

fn check(
    out: &mut String,
    pool: &DescriptorPool,
    message: &MessageDescriptor,
    checked: &mut BTreeSet<String>,
) {
    if !checked.insert(message.full_name().to_owned()) {
        return;
    }
    let mut body = String::new();
    for field in message.fields() {
        let oneof = field.containing_oneof().is_some_and(|it| !it.is_synthetic());
        assert!(!oneof, "{}: requests have no oneof", field.full_name());
        let rule = rule(pool, &field);
        let (name, ident) = (field.name(), ident(field.name()));
        if field.is_list() {
            let (least, most) = (rule.get("min_items"), rule.get("max_items"));
            writeln!(
                body,
                "out.items(at, {name:?}, self.{ident}.len(), {}, {least}, {most});",
                rule.is("required")
            )
            .expect("to a string");
            writeln!(body, "for (n, it) in self.{ident}.iter().enumerate() {{ let at = &format!(\"{{at}}{name}[{{n}}]\"); {} }}",
                one(&field, &rule, "it", "\"\"", false)).expect("to a string");
        } else if field.is_map() {
            let (least, most) = (rule.get("min_items"), rule.get("max_items"));
            let is_required = rule.is("required");
            writeln!(
                body,
                "out.items(at, {name:?}, self.{ident}.len(), {is_required}, {least}, {most});"
            )
            .expect("to a string");
            let Kind::Message(entry) = field.kind() else {
                panic!("{}: a map without entries", field.full_name())
            };
            let value = one(&entry.map_entry_value_field(), &rule, "it", "key", false);
            writeln!(body, "for (key, it) in &self.{ident} {{ if out.label(at, {name:?}, key) {{ let at = &format!(\"{{at}}{name}.\"); {value} }} }}")
                .expect("to a string");
        } else {
            let value = format!("&self.{ident}");
            body += &one(&field, &rule, &value, &format!("{name:?}"), true);
        }
        if let Kind::Message(inner) = field.kind()
            && inner.full_name().starts_with("pacta.")
            && !field.is_map()
        {
            check(out, pool, &inner, checked);
        }
    }
    let path = rust_path(message.full_name());
    writeln!(
        out,
        "impl crate::Check for {path} {{ #[allow(unused_variables, clippy::useless_format, clippy::clone_on_copy, clippy::needless_borrow, reason = \"generated\")] fn check(&self, at: &str, out: &mut crate::Violations) {{ {body} }} }}"
    )
    .expect("to a string");
}

fn one(field: &FieldDescriptor, rule: &Rule, value: &str, name: &str, single: bool) -> String {
    // An item of a list is never empty.
    let required = rule.is("required") || !single;
    match field.kind() {
        Kind::String => format!(
            "out.text(at, {name}, {value}, &crate::check::Text {{ required: {required}, least: {}, most: {}, multiline: {}, secret: {}, format: {}, resource: {:?} }});\n",
            rule.get("min_len"),
            rule.get("max_len"),
            rule.is("multiline"),
            rule.is("secret"),
            rule.get("format"),
            rule.text("resource"),
        ),
        Kind::Bytes => format!(
            "out.bytes(at, {name}, {value}, {required}, ({}, {}), {});\n",
            rule.get("min_len"),
            rule.get("max_len"),
            rule.get("format"),
        ),
        Kind::Enum(it) => {
            let path = rust_path(it.full_name());
            format!(
                "out.defined(at, {name}, {path}::try_from(*({value})).is_ok(), *({value}) == 0, {required});\n"
            )
        }
        Kind::Message(inner) if single => {
            let checks = match inner.full_name().starts_with("pacta.") {
                true => format!("crate::Check::check(it, &format!(\"{{at}}{{}}.\", {name}), out);"),
                false => String::new(),
            };
            format!(
                "match {value} {{ Some(it) => {{ let _ = it; {checks} }} None => out.present(at, {name}, {required}) }}\n"
            )
        }
        Kind::Message(_) => format!("crate::Check::check({value}, &format!(\"{{at}}.\"), out);\n"),
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Sint32 | Kind::Sint64 => {
            format!(
                "out.number(at, {name}, i64::try_from(*({value})).unwrap_or(i64::MAX), {required}, {}, {});\n",
                rule.get("min"),
                rule.get("max"),
            )
        }
        Kind::Bool => String::new(),
        Kind::Double
        | Kind::Float
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64 => panic!("{}: no checks for numbers of this kind", field.full_name()),
    }
}

struct Rule(Option<DynamicMessage>);

fn rule(pool: &DescriptorPool, field: &FieldDescriptor) -> Rule {
    assert!(field.cardinality() != Cardinality::Required);
    let extension = pool.get_extension_by_name("pacta.policy.v1.field").expect("own option");
    let options = field.options();
    match options.has_extension(&extension) {
        true => Rule(options.get_extension(&extension).as_message().cloned()),
        false => Rule(None),
    }
}

impl Rule {
    fn value(&self, name: &str) -> Option<Value> {
        self.0.as_ref().and_then(|it| it.get_field_by_name(name)).map(|it| it.into_owned())
    }

    fn is(&self, name: &str) -> bool {
        self.value(name).and_then(|it| it.as_bool()).unwrap_or(false)
    }

    fn get(&self, name: &str) -> i64 {
        match self.value(name) {
            Some(Value::U32(n)) => n.into(),
            Some(Value::I64(n)) => n,
            Some(Value::EnumNumber(n)) => n.into(),
            _ => 0,
        }
    }

    fn text(&self, name: &str) -> String {
        self.value(name).and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

fn names(out: &mut String, it: &EnumDescriptor) {
    let path = rust_path(it.full_name());
    let zero = it.values().next().expect("enums have values");
    let prefix = zero.name().strip_suffix("UNSPECIFIED").expect("zero is UNSPECIFIED").to_owned();
    writeln!(
        out,
        "impl crate::Word for {path} {{ fn word(&self) -> &'static str {{ let name = self.as_str_name(); name.strip_prefix({prefix:?}).unwrap_or(name) }} fn of(word: &str) -> Option<Self> {{ Self::from_str_name(&format!(\"{prefix}{{word}}\")) }} }}"
    )
    .expect("to a string");
}

/// `pacta.users.v1.SignInRequest` is `crate::users::v1::SignInRequest`.
fn rust_path(full_name: &str) -> String {
    let path = full_name.strip_prefix("pacta.").expect("own message").replace('.', "::");
    format!("crate::{}", path.replacen("type::", "types::", 1))
}

fn ident(name: &str) -> String {
    match name {
        "type" => "r#type".to_owned(),
        _ => name.to_owned(),
    }
}
