//! Every text and bytes field of every RPC, at whatever depth, with what nobody should send: refused
//! by its own name, before anything is looked up or done.

use api::{
    DESCRIPTOR,
    enrollment::v1::AppointProviderRequest,
    policy::v1::{Kind as Of, Rule},
    rules::Rules,
};
use domain::Role;
use it::{Persona, World, fields, on_each_engine, reason};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

/// Somebody for every rule.
struct Cast {
    reseller: Persona,
    provider: Persona,
    platform: Persona,
}

async fn cast(world: &World) -> Cast {
    use Role::*;
    let company =
        [GlobalAdmin, AdminAgent, UserAdmin, AccountAdmin, SalesAgent, HelpdeskAgent, BillingAdmin];
    let platform = world.platform(&[Operator, Reviewer, AgreementPublisher, InternalService]).await;
    let founder = world.company("hostile", "ES").await;
    world.start(&founder).await;
    let reseller = world.with_roles(&founder, &company).await;
    let founder = world.company("hostile", "ES").await;
    let (company_name, reason) = (founder.company.clone(), "cast".to_owned());
    let rest = AppointProviderRequest::default();
    let asked = platform.asks(AppointProviderRequest { company: company_name, reason, ..rest });
    world.enrollment().appoint_provider(asked).await.unwrap();
    let provider = world.with_roles(&founder, &company).await;
    Cast { reseller, provider, platform }
}

impl Cast {
    fn admitted(&self, rule: &Rule) -> Persona {
        let kinds: Vec<Of> = rule.allow.iter().map(|it| it.kind()).collect();
        let has = |kind| kinds.contains(&kind);
        match rule {
            rule if rule.open => Persona::stranger(),
            rule if rule.signed_in || has(Of::Reseller) || has(Of::Any) => self.reseller.clone(),
            _ if has(Of::Provider) => self.provider.clone(),
            _ => self.platform.clone(),
        }
    }
}

/// A field at some depth, as the fields that lead to it.
type Path = Vec<FieldDescriptor>;

fn paths(message: &MessageDescriptor, to: &Path, found: &mut Vec<Path>) {
    for field in message.fields() {
        let path: Path = to.iter().cloned().chain([field.clone()]).collect();
        match field.kind() {
            // The values of a map; its keys are labels, and never repeated.
            Kind::Message(entry) if field.is_map() => {
                let value = entry.map_entry_value_field();
                found.push([path, vec![value]].concat());
            }
            Kind::String | Kind::Bytes => found.push(path),
            Kind::Message(inner) if inner.full_name().starts_with("pacta.") => {
                paths(&inner, &path, found);
            }
            _ => {}
        }
    }
}

/// The name by which a refusal calls the field: `legal_profile.address.address_lines[0]`.
fn name(path: &Path) -> String {
    let names = path.iter().map(|it| match it.is_list() {
        true => format!("{}[0]", it.name()),
        false if it.parent_message().is_map_entry() => KEY.to_owned(),
        false => it.name().to_owned(),
    });
    names.collect::<Vec<String>>().join(".")
}

/// A key that is good for any map.
const KEY: &str = "key";

/// A message with nothing but this value at the end of the path.
fn message(of: &MessageDescriptor, path: &[FieldDescriptor], value: Value) -> DynamicMessage {
    let (field, rest) = path.split_first().unwrap();
    let inner = match field.kind() {
        Kind::Message(_) if field.is_map() => {
            Value::Map([(MapKey::String(KEY.to_owned()), value)].into())
        }
        Kind::Message(inner) => Value::Message(message(&inner, rest, value)),
        _ => value,
    };
    let inner = if field.is_list() { Value::List(vec![inner]) } else { inner };
    let mut whole = DynamicMessage::new(of.clone());
    whole.set_field(field, inner);
    whole
}

/// Bytes as a message of unknown fields: what any codec passes on.
#[derive(Clone, PartialEq, prost::Message)]
struct Empty {}

async fn send(channel: &Channel, path: &str, who: &Persona, message: &DynamicMessage) -> Status {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<DynamicMessage, Empty>::default();
    let request: Request<DynamicMessage> = who.asks(message.clone());
    // A stream's refusal comes the same way as another's.
    grpc.unary(request, path.parse().unwrap(), codec).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_rpc_refuses_hostile_values_by_its_own_name() {
    on_each_engine(async |world| {
        let cast = cast(&world).await;
        let rules = Rules::read(DESCRIPTOR).unwrap();
        let pool = DescriptorPool::decode(DESCRIPTOR).unwrap();
        let long = "x".repeat(64 * 1024);
        let mut n_fields = 0;
        for service in pool.services().filter(|it| it.full_name().starts_with("pacta.")) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let who = cast.admitted(rules.get(&path).unwrap());
                let mut found = Vec::new();
                paths(&method.input(), &Vec::new(), &mut found);
                for field in found {
                    n_fields += 1;
                    let is_bytes = field.last().unwrap().kind() == Kind::Bytes;
                    let is_content = field.last().unwrap().name() == "content";
                    let values = match is_bytes {
                        // A document's bytes are anybody's business; a hash has its length.
                        true if is_content => vec![],
                        true => vec![Value::Bytes(vec![7; 31].into())],
                        false => [long.as_str(), "a\0b", "a\u{202e}b"]
                            .map(|it| Value::String(it.to_owned()))
                            .to_vec(),
                    };
                    for value in values {
                        let message = message(&method.input(), &field, value);
                        assert!(message.encoded_len() < 1 << 20);
                        let err = send(&world.channel, &path, &who, &message).await;
                        let what = format!("{path} {} on {}", name(&field), world.engine);
                        assert_eq!(err.code(), Code::InvalidArgument, "{what}: {err:?}");
                        assert_eq!(reason(&err), "FIELD_INVALID", "{what}");
                        let is_named = fields(&err).contains(&name(&field));
                        assert!(is_named, "{what}: {:?}", fields(&err));
                    }
                }
            }
        }
        assert!(n_fields > 120, "{n_fields}");
    })
    .await;
}
