//! The keys of evidence change while servers run: what any of them signed verifies, before and after.

use std::{fs, os::unix::fs::PermissionsExt as _};

use agreements::verify_evidence;
use it::{
    on_each_engine,
    packs::{key_id, listed_keys},
    verifier::second_opinion,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_takes_a_new_key_and_every_pack_still_verifies() {
    on_each_engine(async |world| {
        let engine = world.engine;
        let (anna, acceptance) = world.signer().await;
        let file = world.config().evidence_key_file().0;
        let server = &world.app.evidence_keys;
        let mut packs = vec![world.pack(&anna, &acceptance).await.unwrap()];
        let mut ids = vec![key_id(&packs[0])];
        for round in 1..=3 {
            let new = server::evidence_key::rotate(&file).unwrap().current().id.clone();
            let (listed, _) = listed_keys(&mut world.agreements()).await.unwrap();
            assert_eq!(listed, ids, "round {round} on {engine}: nothing was looked at");
            // The new key is published, and the former still signs.
            server.look();
            let (listed, _) = listed_keys(&mut world.agreements()).await.unwrap();
            let expected = [&ids[..1], std::slice::from_ref(&new), &ids[1..]].concat();
            assert_eq!(listed, expected, "round {round} on {engine}");
            let pack = world.pack(&anna, &acceptance).await.unwrap();
            assert_eq!(Some(&pack), packs.last(), "round {round} on {engine}");

            server.look();
            ids.insert(0, new);
            let (listed, known) = listed_keys(&mut world.agreements()).await.unwrap();
            assert_eq!(listed, ids, "round {round} on {engine}");
            packs.push(world.pack(&anna, &acceptance).await.unwrap());
            assert_eq!(key_id(&packs[round]), ids[0], "round {round} on {engine}");
            for pack in &packs {
                let stated = verify_evidence(pack, &known).unwrap();
                assert_eq!(stated.acceptance, acceptance, "round {round} on {engine}");
            }
        }
        // The file as it is published has them all, for the second verifier, too.
        let (path, _) = world.key_set();
        fs::write(&path, server::evidence_key::load(&file).unwrap().key_set()).unwrap();
        let good = vec![format!("good {acceptance}"); packs.len()];
        assert_eq!(second_opinion(&path, &packs), good, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_no_good_keeps_the_former_keys_and_is_told_once() {
    it::logs::keep();
    on_each_engine(async |world| {
        let engine = world.engine;
        let (anna, acceptance) = world.signer().await;
        let file = world.config().evidence_key_file().0;
        let server = &world.app.evidence_keys;
        let before = world.pack(&anna, &acceptance).await.unwrap();
        // What a rotation would leave, and what is left of it when something goes wrong.
        let next = file.with_extension("next");
        fs::copy(&file, &next).unwrap();
        let new = server::evidence_key::rotate(&next).unwrap().current().id.clone();
        let next = fs::read_to_string(&next).unwrap();
        let (first, rest) = next.split_once('\n').unwrap();
        let cases: [(&str, &str, u32, &str); 5] = [
            ("empty", "", 0o600, "it holds no keys"),
            ("half written", &next[..next.len() - 20], 0o600, "it holds no keys"),
            ("without the key", rest, 0o600, "it holds no keys"),
            ("without the former key", first, 0o600, "the public part of the former key"),
            ("too open", &next, 0o644, "may be read by others"),
        ];
        for (n, (case, text, mode, words)) in cases.into_iter().enumerate() {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            for _ in 0..3 {
                server.look();
            }
            let (listed, _) = listed_keys(&mut world.agreements()).await.unwrap();
            assert_eq!(listed, [key_id(&before)], "{case} on {engine}");
            let pack = world.pack(&anna, &acceptance).await.unwrap();
            assert_eq!(pack, before, "{case} on {engine}");
            let path = file.display().to_string();
            let told = |words: &str| it::logs::n_lines(&[&path, "the former stay", words]);
            assert_eq!(told(""), n + 1, "{case} on {engine}");
            assert!(told(words) > 0, "{case} on {engine}");
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        server.look();
        server.look();
        let (listed, known) = listed_keys(&mut world.agreements()).await.unwrap();
        assert_eq!(listed, [new.clone(), key_id(&before)], "{engine}");
        let after = world.pack(&anna, &acceptance).await.unwrap();
        assert_eq!(key_id(&after), new, "{engine}");
        let stated = [before, after].map(|it| verify_evidence(&it, &known).unwrap());
        assert_eq!(stated[0], stated[1], "{engine}");
    })
    .await;
}
