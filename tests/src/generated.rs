//! Sources of any size, for what has to grow linearly.

use std::fmt::Write as _;

/// Returns a folder with `base/` and `prod/`, kustomizations of so many Deployments, Services and ConfigMaps: with
/// namespace, name prefix, labels that go to selectors, images, patches and a generator.
///
/// # Panics
/// When the temporary folder cannot be written.
pub fn kustomization(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    };
    write(
        "base/kustomization.yaml",
        "resources:\n- deployments.yaml\n- services.yaml\n- config-maps.yaml\nconfigMapGenerator:\n- name: settings\n  \
         literals:\n  - color=blue\n",
    );
    write(
        "prod/kustomization.yaml",
        "resources:\n- ../base\nnamespace: shop\nnamePrefix: prod-\nlabels:\n- pairs:\n    tier: front\n  \
         includeSelectors: true\nimages:\n- name: nginx\n  newTag: \"1.27\"\npatches:\n- path: first.yaml\n- target:\n    \
         kind: Deployment\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n      value: 3\n",
    );
    write(
        "prod/first.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-0\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: log\n        image: log:1\n",
    );
    let mut texts = [String::new(), String::new(), String::new()];
    for i in 0..count {
        let [deployments, services, maps] = &mut texts;
        write!(
            deployments,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{i}\n  labels:\n    app: app-{i}\nspec:\n  \
             replicas: 1\n  selector:\n    matchLabels:\n      app: app-{i}\n  template:\n    metadata:\n      labels:\n        \
             app: app-{i}\n    spec:\n      containers:\n      - name: app\n        image: nginx\n        envFrom:\n        \
             - configMapRef:\n            name: settings\n        - configMapRef:\n            name: data-{i}\n"
        )
        .expect("writing to a text");
        write!(
            services,
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{i}\nspec:\n  selector:\n    app: app-{i}\n  \
             ports:\n  - port: 80\n"
        )
        .expect("writing to a text");
        write!(maps, "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: data-{i}\ndata:\n  number: \"{i}\"\n")
            .expect("writing to a text");
    }
    for (name, text) in ["deployments", "services", "config-maps"].iter().zip(&texts) {
        write(&format!("base/{name}.yaml"), text);
    }
    folder
}
