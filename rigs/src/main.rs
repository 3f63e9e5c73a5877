//! Long proofs: `cargo run -p rigs -- NAME -n ROUNDS`; `ci` runs a small slice of each.

mod accepts;
mod addresses;
mod authorization;
mod clock;
mod copies;
mod enrollment;
mod evidence;
mod growth;
mod hostile;
mod import;
mod invitations;
mod last_admin;
mod links;
mod prefixes;
mod revoking;
mod rotations;
mod worlds;

use clap::{Parser, Subcommand};
use it::World;

#[derive(Parser)]
struct Command {
    #[command(subcommand)]
    rig: Rig,
    /// For the servers of rigs.
    #[command(flatten)]
    flags: server::config::Flags,
}

#[derive(Clone, Subcommand)]
enum Rig {
    /// 64 parallel CreateWorkAccount with one prefix: one OK, 63 DOMAIN_TAKEN.
    Prefixes(Rounds),
    /// 64 parallel copies of one request_id: one effect, 64 equal replies.
    Copies(Rounds),
    /// 64 parallel AcceptInvitation with one link: one OK, 63 LINK_USED.
    Accepts(Rounds),
    /// 16 writers of one provider send N invitations: none fails, few lose a race.
    Invitations(Rounds),
    /// Random companies with random ties: each list equals the Gets that succeed, for everybody.
    Worlds(Rounds),
    /// Random walks over an enrolment by everybody, against a second telling of its tables.
    Enrollment(Rounds),
    /// N alterations of evidence packs of every kind: each found by both verifiers.
    Evidence(Rounds),
    /// A company register of N rows: peak memory, plans, and look-ups as fast as in a small one.
    Import(Register),
    /// Every example, name and pattern of the address metadata; of each sub-division N beginnings of
    /// postal codes.
    Addresses(Rounds),
    /// N starts in each market country: the review clock against a second reckoning in Python.
    Clock(Rounds),
    /// N races of two global admins that demote, suspend, delete, reset each other or leave: never a
    /// company without one.
    LastAdmin(Rounds),
    /// N times each: user, role, key, session or partner is taken away while two servers of one
    /// PostgreSQL database are called at full speed; nothing that starts afterwards has it.
    Revoking(Rounds),
    /// A server process among hostile clients; a good one beside them notices little, memory stays.
    Hostile(Hostile),
    /// N rotations of a server's certificate, of its clients' authority, of an issuer's keys and of the
    /// key that evidence is signed with, under load: no call fails.
    Rotations(Rounds),
    /// The server of rigs that are hostile to it, as `pacta serve` is.
    #[command(hide = true)]
    Serve,
    /// N random worlds, 200 questions each in both operations by everybody: orders against a second
    /// telling in Python, and against what is answered as of then.
    Authorization(Rounds),
    /// N links of invitations, 64 acceptances of each, the server killed meanwhile: one winner each,
    /// with all that belongs to it.
    Links(Rounds),
    /// A provider with 100 customers and resellers, then with N customers and a tenth of that in
    /// resellers, and as many former ones: what it and a large reseller list, readiness and the order
    /// check. From 10,000 customers on nothing may become slower than 1.25 times.
    Growth(Size),
    /// A small slice of every rig.
    Ci,
    /// The server of rigs that kill it.
    #[command(hide = true)]
    Server,
}

#[derive(Clone, Copy, clap::Args)]
struct Rounds {
    /// How many rounds on each engine.
    #[arg(short, default_value_t = 200)]
    n: usize,
}

#[derive(Clone, Copy, clap::Args)]
struct Register {
    /// How many companies on each engine.
    #[arg(short, default_value_t = 2_000_000)]
    n: usize,
    /// On SQLite only.
    #[arg(long)]
    sqlite: bool,
}

#[derive(Clone, clap::Args)]
struct Hostile {
    /// How much of everything, in hundredths.
    #[arg(short, default_value_t = 100)]
    n: usize,
    /// Configuration of the server in TOML, to see the rig fail without one of the limits.
    #[arg(long, default_value = "")]
    settings: String,
}

#[derive(Clone, Copy, clap::Args)]
struct Size {
    /// How many customers on each engine.
    #[arg(short, default_value_t = 100_000)]
    n: usize,
}

/// How many callers try at once.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() {
    let command = Command::parse();
    match command.rig {
        Rig::Prefixes(rounds) => prefixes::run(rounds.n).await,
        Rig::Copies(rounds) => copies::run(rounds.n).await,
        Rig::Accepts(rounds) => accepts::run(rounds.n).await,
        Rig::Invitations(rounds) => invitations::run(rounds.n).await,
        Rig::Worlds(rounds) => worlds::run(rounds.n).await,
        Rig::Enrollment(rounds) => enrollment::run(rounds.n).await,
        Rig::Evidence(rounds) => evidence::run(rounds.n).await,
        Rig::Import(register) => import::run(register.n, !register.sqlite).await,
        Rig::Addresses(rounds) => addresses::run(rounds.n),
        Rig::Clock(rounds) => clock::run(rounds.n),
        Rig::LastAdmin(rounds) => last_admin::run(rounds.n).await,
        Rig::Revoking(rounds) => revoking::run(rounds.n).await,
        Rig::Hostile(it) => hostile::run(it.n, &it.settings).await,
        Rig::Rotations(rounds) => rotations::run(rounds.n).await,
        Rig::Serve => hostile::process::serve(command.flags).await,
        Rig::Authorization(rounds) => authorization::run(rounds.n).await,
        Rig::Links(rounds) => links::run(rounds.n).await,
        Rig::Growth(size) => growth::run(size.n).await,
        Rig::Server => it::child::run(command.flags).await,
        Rig::Ci => {
            addresses::run(1);
            clock::run(5);
            hostile::run(2, "").await;
            rotations::run(2).await;
            prefixes::run(2).await;
            copies::run(5).await;
            accepts::run(3).await;
            invitations::run(320).await;
            last_admin::run(300).await;
            revoking::run(1).await;
            links::run(16).await;
            growth::run(200).await;
            worlds::run(5).await;
            authorization::run(50).await;
            enrollment::run(200).await;
            evidence::run(300).await;
            import::run(2_000, true).await;
        }
    }
}

async fn engines() -> [World; 2] {
    [World::sqlite().await, World::postgres().await]
}
