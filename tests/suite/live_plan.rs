//! Plans as files against a real API server: `rhumb plan --out` and `rhumb apply PLAN`.

use rhumb_tests::place::Place;
use rhumb_tests::program::run_line;
use rhumb_tests::releases::{documents, fine, map, states};

#[test]
fn a_plan_is_carried_out_as_it_is_or_not_at_all() {
    let Some(place) = Place::new("plan-moved") else { return };
    place.write("all.yaml", &documents(&[map("a", "1"), map("b", "1")]));
    let planned = place.run("plan all.yaml --release shop --out shop.plan");
    assert_eq!(planned.code, Some(1), "{}", planned.stderr);
    assert!(planned.stderr.contains("2 to create"), "{}", planned.stderr);
    fine(&place.run("apply shop.plan"));
    assert_eq!(states(&place, "shop"), ["1 deployed"]);
    let outdated = place.run("apply shop.plan");
    assert_eq!(outdated.code, Some(2));
    assert!(outdated.stderr.contains("error[plan-outdated]"), "{}", outdated.stderr);

    place.write("all.yaml", &documents(&[map("a", "2"), map("b", "1")]));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    // Its source may change: the plan does not.
    place.write("all.yaml", &map("a", "3"));
    let touched = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {more: x}\n";
    place.apply(&place.path("configmaps", "a"), "somebody", touched);
    let refused = place.run("apply shop.plan");
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(
        refused.stderr.contains("error[plan-moved]: `data.more` has changed (plan-moved/ConfigMap/a)"),
        "{}",
        refused.stderr
    );
    assert_eq!(states(&place, "shop"), ["1 deployed"]);
    place.write("all.yaml", &documents(&[map("a", "2"), map("b", "1")]));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    fine(&place.run("apply shop.plan"));
    assert_eq!(place.text("configmaps", "a", &["data", "mode"]), "2");
    let nothing = place.run("plan all.yaml --release shop");
    assert_eq!((nothing.code, nothing.stderr.as_str()), (Some(0), "nothing to change\n"));
}

#[test]
fn a_plan_makes_no_release_of_helm() {
    let Some(place) = Place::new("plan-helm") else { return };
    place.write("all.yaml", &map("a", "1"));
    let written = place.run("plan all.yaml --release shop --helm-release --out shop.plan");
    assert_eq!(written.code, Some(2));
    assert!(written.stderr.contains("cannot be used with"), "{}", written.stderr);
    assert!(!place.folder().join("shop.plan").exists());
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    let applied = place.run("apply shop.plan --helm-release");
    assert_eq!(applied.code, Some(2));
    assert!(applied.stderr.contains("error[plan-helm]"), "{}", applied.stderr);
    assert_eq!(states(&place, "shop"), [""; 0]);
}

#[test]
fn a_plan_relies_on_what_its_chart_looked_up() {
    let Some(place) = Place::new("plan-lookup") else { return };
    place.write("chart/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    let template = "{{- $found := lookup \"v1\" \"ConfigMap\" .Release.Namespace \"other\" }}\napiVersion: v1\nkind: ConfigMap\n\
        metadata: {name: a}\ndata:\n  seen: {{ dig \"data\" \"x\" \"nothing\" $found | quote }}\n";
    place.write("chart/templates/a.yaml", template);
    let other = |text: &str| {
        let other = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: other}}\ndata: {{x: '{text}'}}\n");
        place.apply(&place.path("configmaps", "other"), "somebody", &other);
    };
    let plan = || assert_eq!(place.run("plan chart --release shop --out shop.plan").code, Some(1));
    let refused = |told: &str| {
        let refused = place.run("apply shop.plan");
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        let told = format!("error[plan-moved]: the chart looked plan-lookup/ConfigMap/other up{told}");
        assert!(refused.stderr.contains(&told), "{}", refused.stderr);
    };
    plan();
    other("1");
    refused(" and found nothing; it is there now");
    plan();
    let text = std::fs::read_to_string(place.folder().join("shop.plan")).expect("a plan");
    assert!(text.contains("lookups:") && text.contains("name: other"), "{text}");
    other("2");
    refused(", and it has changed since");
    other("1");
    fine(&place.run("apply shop.plan"));
    assert_eq!(place.text("configmaps", "a", &["data", "seen"]), "1");
    other("3");
    plan();
    place.send("DELETE", &place.path("configmaps", "other"), "application/json", "").expect("deleted");
    refused(", and it is gone");
}

#[test]
fn a_plan_hears_no_flag_that_was_for_making_it() {
    let Some(place) = Place::new("plan-flags") else { return };
    place.write("all.yaml", &map("a", "1"));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    for (flags, code, told) in [
        ("--no-prune --adopt '*/*'", "plan-flag", "`--adopt`, `--no-prune` cannot be given with a plan"),
        ("--policy rules.yaml", "plan-flag", "`--policy`"),
        ("--recreate", "plan-flag", "`--recreate`"),
        ("--prune-namespaces", "plan-flag", "`--prune-namespaces`"),
        ("--prune-crds", "plan-flag", "`--prune-crds`"),
        ("--prune-volumes", "plan-flag", "`--prune-volumes`"),
        ("--take-over", "plan-flag", "`--take-over`"),
        ("--lose-custom-data", "plan-flag", "`--lose-custom-data`"),
        ("--set a=1 -e prod", "plan-flag", "`--env`, `--set` cannot be given with a plan alone"),
        ("--release other", "plan-other-release", "another name was given"),
    ] {
        let refused = place.run(&format!("apply shop.plan {flags}"));
        assert_eq!(refused.code, Some(2), "{flags}: {}", refused.stdout);
        assert!(refused.stderr.contains(&format!("error[{code}]")), "{flags}: {}", refused.stderr);
        assert!(refused.stderr.contains(told), "{flags}: {}", refused.stderr);
    }
    let line = format!("KUBECONFIG={} rhumb apply shop.plan -n other", place.server.admin().display());
    let elsewhere = run_line(place.folder(), &line);
    assert_eq!(elsewhere.code, Some(2), "{}", elsewhere.stdout);
    assert!(elsewhere.stderr.contains("another namespace was given"), "{}", elsewhere.stderr);
    assert_eq!(states(&place, "shop"), [""; 0]);
    // What says how it is carried out is heard, and so is what says which one is meant.
    fine(&place.run("apply shop.plan --release shop --wait --timeout 10s --create-namespace"));
    place.write("all.yaml", &map("a", "2"));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    fine(&place.run("apply shop.plan all.yaml --strict"));
}

#[test]
fn what_secrets_hold_stands_in_no_plan() {
    let Some(place) = Place::new("plan-secret") else { return };
    let secret =
        |text: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{p: {text}}}\n");
    place.write("all.yaml", &secret("hush-hush"));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    let text = std::fs::read_to_string(place.folder().join("shop.plan")).expect("a plan");
    assert!(!text.contains("hush") && text.contains("sealed:sha256:"), "{text}");
    let sealed = place.run("apply shop.plan");
    assert_eq!(sealed.code, Some(1));
    assert!(
        sealed.stderr.contains("error[plan-sealed]") && sealed.stderr.contains("rhumb apply PLAN SOURCE"),
        "{}",
        sealed.stderr
    );
    place.write("other.yaml", &secret("another"));
    let other = place.run("apply shop.plan other.yaml");
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("other values than the plan: stringData.p"), "{}", other.stderr);
    fine(&place.run("apply shop.plan all.yaml"));
    assert_eq!(place.text("secrets", "s", &["data", "p"]), "aHVzaC1odXNo");
    place.write("all.yaml", &secret("next"));
    assert_eq!(place.run("plan all.yaml --release shop --out open.plan --include-secrets").code, Some(1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.folder().join("open.plan")).expect("a plan").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fine(&place.run("apply open.plan"));
    assert_eq!(place.text("secrets", "s", &["data", "p"]), "bmV4dA==");
}

#[test]
fn plans_that_cannot_be_used_say_why() {
    let Some(place) = Place::new("plan-wrong") else { return };
    place.write("all.yaml", &map("a", "1"));
    assert_eq!(place.run("plan all.yaml --release shop --out shop.plan").code, Some(1));
    let text = std::fs::read_to_string(place.folder().join("shop.plan")).expect("a plan");
    place.write("edited.plan", &text.replace("mode: 1", "mode: 2").replace("mode: \"1\"", "mode: \"2\""));
    let edited = place.run("apply edited.plan");
    assert_eq!(edited.code, Some(2));
    assert!(edited.stderr.contains("it was edited or cut"), "{}", edited.stderr);
    let none = place.run("apply all.yaml shop.plan");
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("error[cli-no-plan]"), "{}", none.stderr);
    // What would be refused is not written down.
    place.write("bad.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n");
    assert_eq!(place.run("plan bad.yaml --release bad --out bad.plan").code, Some(1));
    assert!(!place.folder().join("bad.plan").exists());
}
