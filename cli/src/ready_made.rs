//! The ready-made packages, carried in the binary so that `rhumb new` needs nothing else.

/// A file of a ready-made package: its path in the package and its content.
pub(crate) type File = (&'static str, &'static str);

/// The names of the packages.
pub(crate) const NAMES: [&str; 3] = ["ml-model", "web-service", "batch-job"];

/// Returns the files of a package.
pub(crate) fn files(package: &str) -> Option<&'static [File]> {
    match package {
        "ml-model" => Some(ML_MODEL),
        "web-service" => Some(WEB_SERVICE),
        "batch-job" => Some(BATCH_JOB),
        _ => None,
    }
}

const ML_MODEL: &[File] = &[
    ("README.md", include_str!("../../packages/ml-model/README.md")),
    ("overlays/dev/overlay.yaml", include_str!("../../packages/ml-model/overlays/dev/overlay.yaml")),
    ("overlays/prod/overlay.yaml", include_str!("../../packages/ml-model/overlays/prod/overlay.yaml")),
    ("rhumb.yaml", include_str!("../../packages/ml-model/rhumb.yaml")),
    ("templates/_helpers.yaml", include_str!("../../packages/ml-model/templates/_helpers.yaml")),
    ("templates/_labels.yaml", include_str!("../../packages/ml-model/templates/_labels.yaml")),
    ("templates/_selector.yaml", include_str!("../../packages/ml-model/templates/_selector.yaml")),
    ("templates/autoscaler.yaml", include_str!("../../packages/ml-model/templates/autoscaler.yaml")),
    ("templates/deployment.yaml", include_str!("../../packages/ml-model/templates/deployment.yaml")),
    ("templates/disruptionbudget.yaml", include_str!("../../packages/ml-model/templates/disruptionbudget.yaml")),
    ("templates/ingress.yaml", include_str!("../../packages/ml-model/templates/ingress.yaml")),
    ("templates/networkpolicy.yaml", include_str!("../../packages/ml-model/templates/networkpolicy.yaml")),
    ("templates/service.yaml", include_str!("../../packages/ml-model/templates/service.yaml")),
    ("templates/serviceaccount.yaml", include_str!("../../packages/ml-model/templates/serviceaccount.yaml")),
    ("templates/servicemonitor.yaml", include_str!("../../packages/ml-model/templates/servicemonitor.yaml")),
    ("templates/storage.yaml", include_str!("../../packages/ml-model/templates/storage.yaml")),
    ("tests/default.yaml", include_str!("../../packages/ml-model/tests/default.yaml")),
    ("tests/dev.yaml", include_str!("../../packages/ml-model/tests/dev.yaml")),
    ("tests/everything.yaml", include_str!("../../packages/ml-model/tests/everything.yaml")),
    ("tests/prod.yaml", include_str!("../../packages/ml-model/tests/prod.yaml")),
    ("tests/unknown-value.yaml", include_str!("../../packages/ml-model/tests/unknown-value.yaml")),
    ("values.schema.json", include_str!("../../packages/ml-model/values.schema.json")),
    ("values.yaml", include_str!("../../packages/ml-model/values.yaml")),
];

const WEB_SERVICE: &[File] = &[
    ("README.md", include_str!("../../packages/web-service/README.md")),
    ("overlays/dev/overlay.yaml", include_str!("../../packages/web-service/overlays/dev/overlay.yaml")),
    ("overlays/prod/overlay.yaml", include_str!("../../packages/web-service/overlays/prod/overlay.yaml")),
    ("rhumb.yaml", include_str!("../../packages/web-service/rhumb.yaml")),
    ("templates/_helpers.yaml", include_str!("../../packages/web-service/templates/_helpers.yaml")),
    ("templates/_labels.yaml", include_str!("../../packages/web-service/templates/_labels.yaml")),
    ("templates/_selector.yaml", include_str!("../../packages/web-service/templates/_selector.yaml")),
    ("templates/autoscaler.yaml", include_str!("../../packages/web-service/templates/autoscaler.yaml")),
    ("templates/configmap.yaml", include_str!("../../packages/web-service/templates/configmap.yaml")),
    ("templates/deployment.yaml", include_str!("../../packages/web-service/templates/deployment.yaml")),
    ("templates/disruptionbudget.yaml", include_str!("../../packages/web-service/templates/disruptionbudget.yaml")),
    ("templates/ingress.yaml", include_str!("../../packages/web-service/templates/ingress.yaml")),
    ("templates/networkpolicy.yaml", include_str!("../../packages/web-service/templates/networkpolicy.yaml")),
    ("templates/service.yaml", include_str!("../../packages/web-service/templates/service.yaml")),
    ("templates/serviceaccount.yaml", include_str!("../../packages/web-service/templates/serviceaccount.yaml")),
    ("tests/config.yaml", include_str!("../../packages/web-service/tests/config.yaml")),
    ("tests/default.yaml", include_str!("../../packages/web-service/tests/default.yaml")),
    ("tests/dev.yaml", include_str!("../../packages/web-service/tests/dev.yaml")),
    ("tests/prod.yaml", include_str!("../../packages/web-service/tests/prod.yaml")),
    ("values.schema.json", include_str!("../../packages/web-service/values.schema.json")),
    ("values.yaml", include_str!("../../packages/web-service/values.yaml")),
];

const BATCH_JOB: &[File] = &[
    ("README.md", include_str!("../../packages/batch-job/README.md")),
    ("overlays/dev/overlay.yaml", include_str!("../../packages/batch-job/overlays/dev/overlay.yaml")),
    ("overlays/prod/overlay.yaml", include_str!("../../packages/batch-job/overlays/prod/overlay.yaml")),
    ("rhumb.yaml", include_str!("../../packages/batch-job/rhumb.yaml")),
    ("templates/_helpers.yaml", include_str!("../../packages/batch-job/templates/_helpers.yaml")),
    ("templates/_labels.yaml", include_str!("../../packages/batch-job/templates/_labels.yaml")),
    ("templates/_limits.yaml", include_str!("../../packages/batch-job/templates/_limits.yaml")),
    ("templates/_pod.yaml", include_str!("../../packages/batch-job/templates/_pod.yaml")),
    ("templates/_selector.yaml", include_str!("../../packages/batch-job/templates/_selector.yaml")),
    ("templates/cronjob.yaml", include_str!("../../packages/batch-job/templates/cronjob.yaml")),
    ("templates/indexed.yaml", include_str!("../../packages/batch-job/templates/indexed.yaml")),
    ("templates/job.yaml", include_str!("../../packages/batch-job/templates/job.yaml")),
    ("templates/serviceaccount.yaml", include_str!("../../packages/batch-job/templates/serviceaccount.yaml")),
    ("tests/default.yaml", include_str!("../../packages/batch-job/tests/default.yaml")),
    ("tests/dev.yaml", include_str!("../../packages/batch-job/tests/dev.yaml")),
    ("tests/indexed.yaml", include_str!("../../packages/batch-job/tests/indexed.yaml")),
    ("tests/prod.yaml", include_str!("../../packages/batch-job/tests/prod.yaml")),
    ("values.schema.json", include_str!("../../packages/batch-job/values.schema.json")),
    ("values.yaml", include_str!("../../packages/batch-job/values.yaml")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn no_file_of_a_package_is_forgotten() {
        for name in NAMES {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packages").join(name);
            let entries = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
            let files = entries.filter(|entry| entry.file_type().is_file());
            let paths = files.map(|entry| entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            // Snapshots are made anew under the new name.
            let mut paths: Vec<String> = paths.filter(|path| !path.ends_with(".expected.yaml")).collect();
            paths.sort();
            let carried: Vec<&str> = files_of(name);
            assert_eq!(carried, paths, "{name}");
        }
    }

    fn files_of(name: &str) -> Vec<&'static str> {
        files(name).unwrap().iter().map(|(path, _)| *path).collect()
    }
}
