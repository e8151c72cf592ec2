//! The one test binary: everything here reads data or looks at the repository as a whole.

mod suite {
    mod api_server;
    mod cli;
    mod cluster;
    mod complete;
    mod conformance;
    mod crds;
    mod fuzz_engine;
    mod fuzz_yaml;
    mod helm_values;
    mod hostile_charts;
    mod kustomize_edit;
    mod live_apply;
    mod live_corpus;
    mod live_diff;
    mod live_faults;
    mod live_helm;
    mod live_plan;
    mod live_releases;
    mod live_speed;
    mod live_wait;
    mod lsp;
    mod packages;
    mod peers;
    mod readme;
    mod render_cases;
    mod texts;
    mod walls;
}
