//! What the fields of kustomization files and the configurations of plugins hold.
//!
//! See the folders `types` and `internal/builtins` of
//! <https://github.com/kubernetes-sigs/kustomize/tree/api/v0.21.1/api>.

pub(in crate::render::kustomize) use super::kustomization::{ObjectMeta, SortOptions};
use super::scalars::Cloud;
pub(in crate::render::kustomize) use super::scalars::{AnyMap, Int, PatchText, SubjectMode};
use super::{StringMap, Text, go_struct};
use crate::object::Gvk;
use crate::render::kustomize::resid::{ResId, ShowGvk};

go_struct! {
    /// Which objects are meant. Kind, version, group, name and namespace are regular expressions in targets.
    struct Selector: "types.Selector" {
        group: Text = "ResId/Gvk/group",
        version: Text = "ResId/Gvk/version",
        kind: Text = "ResId/Gvk/kind",
        name: Text = "ResId/name",
        namespace: Text = "ResId/namespace",
        annotation_selector: Text = "annotationSelector",
        label_selector: Text = "labelSelector",
    }
}

impl Selector {
    pub(in crate::render::kustomize) fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }

    pub(in crate::render::kustomize) fn id(&self) -> ResId {
        let (name, namespace) = (self.name.clone(), self.namespace.clone());
        ResId { gvk: self.gvk(), name, namespace, cluster_scoped: false }
    }
}

go_struct! {
    /// A patch with its target.
    struct Patch: "types.Patch" {
        path: Text = "path",
        patch: Text = "patch",
        target: Option<Selector> = "target",
        options: Option<PatchArgs> = "options",
    }
}

go_struct! {
    /// What a patch may change.
    struct PatchArgs: "types.PatchArgs" {
        allow_name_change: bool = "allowNameChange",
        allow_kind_change: bool = "allowKindChange",
    }
}

go_struct! {
    /// Patches by path or text.
    struct PatchStrategicMergeConfig: "builtins.PatchStrategicMergeTransformerPlugin" {
        paths: Vec<PatchText> = "paths",
        patches: Text = "patches",
    }
}

go_struct! {
    /// A JSON patch with its target.
    struct PatchJson6902Config: "builtins.PatchJson6902TransformerPlugin" {
        target: Option<Selector> = "target",
        path: Text = "path",
        json_op: Text = "jsonOp",
    }
}

go_struct! {
    /// A field of some kinds.
    struct FieldSpec: "types.FieldSpec" {
        group: Text = "Gvk/group",
        version: Text = "Gvk/version",
        kind: Text = "Gvk/kind",
        path: Text = "path",
        create: bool = "create",
    }
}

impl FieldSpec {
    pub(in crate::render::kustomize) fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

go_struct! {
    /// Labels and where to put them.
    struct Label: "types.Label" {
        pairs: StringMap = "pairs",
        include_selectors: bool = "includeSelectors",
        include_templates: bool = "includeTemplates",
        fields: Vec<FieldSpec> = "fields",
    }
}

go_struct! {
    /// Labels and the fields to put them in.
    struct LabelConfig: "builtins.LabelTransformerPlugin" {
        labels: StringMap = "labels",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

go_struct! {
    /// Annotations and the fields to put them in.
    struct AnnotationsConfig: "builtins.AnnotationsTransformerPlugin" {
        annotations: StringMap = "annotations",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

go_struct! {
    /// A namespace and the fields to put it in.
    struct NamespaceConfig: "builtins.NamespaceTransformerPlugin" {
        metadata: ObjectMeta = "metadata",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
        unset_only: bool = "!unsetOnly",
        subjects: SubjectMode = "!setRoleBindingSubjects",
    }
}

go_struct! {
    /// What to put before names, and where they stand.
    struct PrefixConfig: "builtins.PrefixTransformerPlugin" {
        prefix: Text = "prefix",
        field_specs: Option<Vec<FieldSpec>> = "fieldSpecs",
    }
}

go_struct! {
    /// What to put behind names, and where they stand.
    struct SuffixConfig: "builtins.SuffixTransformerPlugin" {
        suffix: Text = "suffix",
        field_specs: Option<Vec<FieldSpec>> = "fieldSpecs",
    }
}

go_struct! {
    /// What to make of an image.
    struct Image: "types.Image" {
        name: Text = "name",
        new_name: Text = "newName",
        tag_suffix: Text = "tagSuffix",
        new_tag: Text = "newTag",
        digest: Text = "digest",
    }
}

go_struct! {
    /// What to make of an image, and the fields that hold one.
    struct ImageTagConfig: "builtins.ImageTagTransformerPlugin" {
        image_tag: Image = "imageTag",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

go_struct! {
    /// How many replicas the objects of a name get.
    struct Replica: "types.Replica" {
        name: Text = "name",
        count: i64 = "!count",
    }
}

go_struct! {
    /// How many replicas the objects of a name get, and the fields that hold a count.
    struct ReplicaCountConfig: "builtins.ReplicaCountTransformerPlugin" {
        replica: Replica = "replica",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

go_struct! {
    /// A replacement, or the path of a file with some.
    struct ReplacementField: "types.ReplacementField" {
        source: Option<SourceSelector> = "Replacement/source",
        targets: Option<Vec<TargetSelector>> = "Replacement/targets",
        source_value: Option<Text> = "Replacement/sourceValue",
        path: Text = "path",
    }
}

go_struct! {
    /// A value to copy and the fields to copy it to.
    struct Replacement: "types.Replacement" {
        source: Option<SourceSelector> = "source",
        targets: Option<Vec<TargetSelector>> = "targets",
        source_value: Option<Text> = "sourceValue",
    }
}

go_struct! {
    /// The field that is copied.
    struct SourceSelector: "types.SourceSelector" {
        group: Text = "ResId/Gvk/group",
        version: Text = "ResId/Gvk/version",
        kind: Text = "ResId/Gvk/kind",
        name: Text = "ResId/name",
        namespace: Text = "ResId/namespace",
        field_path: Text = "fieldPath",
        options: Option<FieldOptions> = "options",
    }
}

impl SourceSelector {
    pub(in crate::render::kustomize) fn id(&self) -> ResId {
        let gvk = Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() };
        ResId { gvk, name: self.name.clone(), namespace: self.namespace.clone(), cluster_scoped: false }
    }
}

impl std::fmt::Display for SourceSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id())?;
        if !self.field_path.is_empty() {
            write!(f, ":{}", self.field_path)?;
        }
        match &self.options {
            Some(options) if !options.delimiter.is_empty() || options.create => {
                write!(f, ":{}({}), create={}", options.delimiter, options.index.0, options.create)
            }
            _ => Ok(()),
        }
    }
}

go_struct! {
    /// The fields that are written.
    struct TargetSelector: "types.TargetSelector" {
        select: Option<Selector> = "!select",
        reject: Vec<Selector> = "reject",
        field_paths: Vec<Text> = "fieldPaths",
        options: Option<FieldOptions> = "options",
    }
}

go_struct! {
    /// Which part of a field is meant, and whether to make it.
    struct FieldOptions: "types.FieldOptions" {
        delimiter: Text = "delimiter",
        index: Int = "index",
        encoding: Text = "encoding",
        create: bool = "create",
    }
}

go_struct! {
    /// Replacements.
    struct ReplacementConfig: "builtins.ReplacementTransformerPlugin" {
        replacements: Vec<ReplacementField> = "replacements",
    }
}

go_struct! {
    /// A value and the fields to put it in.
    struct ValueAddConfig: "builtins.ValueAddTransformerPlugin" {
        value: Text = "value",
        targets: Vec<ValueAddTarget> = "targets",
        target_file_path: Text = "targetFilePath",
    }
}

go_struct! {
    /// A file with targets.
    struct ValueAddTargets: "struct { Targets []builtins.Target \"json:\\\"targets,omitempty\\\" yaml:\\\"targets,omitempty\\\"\" }" {
        targets: Vec<ValueAddTarget> = "targets",
    }
}

go_struct! {
    /// Where a value goes.
    struct ValueAddTarget: "builtins.Target" {
        selector: Option<Selector> = "selector",
        field_path: Text = "fieldPath",
        file_path_position: Int = "filePathPosition",
    }
}

go_struct! {
    /// A named field of an object, read wherever its name stands in `$(…)`.
    struct Var: "types.Var" {
        name: Text = "!name",
        target: VarTarget = "!objref",
        field: FieldSelector = "fieldref",
    }
}

go_struct! {
    /// The object of a var.
    struct VarTarget: "types.Target" {
        api_version: Text = "apiVersion",
        group: Text = "Gvk/group",
        version: Text = "Gvk/version",
        kind: Text = "Gvk/kind",
        name: Text = "!name",
        namespace: Text = "namespace",
    }
}

impl VarTarget {
    /// Returns the type, of which `apiVersion` may say a part.
    pub(in crate::render::kustomize) fn gvk(&self) -> Gvk {
        let mut gvk = Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() };
        let mut parts = self.api_version.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            _ if self.api_version.is_empty() => {}
            (Some(version), None, _) => gvk.version = version.into(),
            (Some(group), Some(version), None) => (gvk.group, gvk.version) = (group.into(), version.into()),
            _ => {}
        }
        gvk
    }
}

impl Var {
    /// Takes group and version from `apiVersion`.
    pub(in crate::render::kustomize) fn complete(&mut self) {
        let gvk = self.target.gvk();
        (self.target.group, self.target.version, self.target.kind) = (gvk.group, gvk.version, gvk.kind);
    }
}

impl std::fmt::Display for Var {
    /// Writes the var as Go prints it with `%v`: without its defaults.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gvk = Gvk {
            group: self.target.group.clone(),
            version: self.target.version.clone(),
            kind: self.target.kind.clone(),
        };
        // The type has a method that prints it, and the struct around it inherits that.
        write!(f, "{{{} {} {{{}}}}}", self.name, ShowGvk(&gvk), self.field.field_path)
    }
}

go_struct! {
    /// The field of a var.
    struct FieldSelector: "types.FieldSelector" {
        field_path: Text = "fieldPath",
    }
}

go_struct! {
    /// What is common to generated objects.
    struct GeneratorOptions: "types.GeneratorOptions" {
        labels: StringMap = "labels",
        annotations: StringMap = "annotations",
        disable_name_suffix_hash: bool = "disableNameSuffixHash",
        immutable: bool = "immutable",
    }
}

go_struct! {
    /// A ConfigMap to generate.
    struct ConfigMapArgs: "types.ConfigMapArgs" {
        namespace: Text = "GeneratorArgs/namespace",
        name: Text = "GeneratorArgs/name",
        behavior: Text = "GeneratorArgs/behavior",
        literals: Vec<Text> = "GeneratorArgs/KvPairSources/literals",
        files: Vec<Text> = "GeneratorArgs/KvPairSources/files",
        envs: Vec<Text> = "GeneratorArgs/KvPairSources/envs",
        env: Text = "GeneratorArgs/KvPairSources/env",
        options: Option<GeneratorOptions> = "GeneratorArgs/options",
    }
}

go_struct! {
    /// A Secret to generate.
    struct SecretArgs: "types.SecretArgs" {
        namespace: Text = "GeneratorArgs/namespace",
        name: Text = "GeneratorArgs/name",
        behavior: Text = "GeneratorArgs/behavior",
        literals: Vec<Text> = "GeneratorArgs/KvPairSources/literals",
        files: Vec<Text> = "GeneratorArgs/KvPairSources/files",
        envs: Vec<Text> = "GeneratorArgs/KvPairSources/envs",
        env: Text = "GeneratorArgs/KvPairSources/env",
        options: Option<GeneratorOptions> = "GeneratorArgs/options",
        kind: Text = "type",
    }
}

go_struct! {
    /// A generator of ConfigMaps as a plugin.
    struct ConfigMapConfig: "builtins.ConfigMapGeneratorPlugin" {
        metadata: ObjectMeta = "metadata",
        namespace: Text = "ConfigMapArgs/GeneratorArgs/namespace",
        name: Text = "ConfigMapArgs/GeneratorArgs/name",
        behavior: Text = "ConfigMapArgs/GeneratorArgs/behavior",
        literals: Vec<Text> = "ConfigMapArgs/GeneratorArgs/KvPairSources/literals",
        files: Vec<Text> = "ConfigMapArgs/GeneratorArgs/KvPairSources/files",
        envs: Vec<Text> = "ConfigMapArgs/GeneratorArgs/KvPairSources/envs",
        env: Text = "ConfigMapArgs/GeneratorArgs/KvPairSources/env",
        options: Option<GeneratorOptions> = "ConfigMapArgs/GeneratorArgs/options",
    }
}

go_struct! {
    /// A generator of Secrets as a plugin.
    struct SecretConfig: "builtins.SecretGeneratorPlugin" {
        metadata: ObjectMeta = "metadata",
        namespace: Text = "SecretArgs/GeneratorArgs/namespace",
        name: Text = "SecretArgs/GeneratorArgs/name",
        behavior: Text = "SecretArgs/GeneratorArgs/behavior",
        literals: Vec<Text> = "SecretArgs/GeneratorArgs/KvPairSources/literals",
        files: Vec<Text> = "SecretArgs/GeneratorArgs/KvPairSources/files",
        envs: Vec<Text> = "SecretArgs/GeneratorArgs/KvPairSources/envs",
        env: Text = "SecretArgs/GeneratorArgs/KvPairSources/env",
        options: Option<GeneratorOptions> = "SecretArgs/GeneratorArgs/options",
        kind: Text = "SecretArgs/type",
    }
}

go_struct! {
    /// An account of a cloud for a service of a cluster.
    struct IamPolicyConfig: "builtins.IAMPolicyGeneratorPlugin" {
        cloud: Cloud = "IAMPolicyGeneratorArgs/cloud",
        kubernetes_service: KubernetesService = "IAMPolicyGeneratorArgs/kubernetesService",
        service_account: ServiceAccount = "IAMPolicyGeneratorArgs/serviceAccount",
    }
}

go_struct! {
    /// The account in the cluster.
    struct KubernetesService: "types.KubernetesService" {
        name: Text = "name",
        namespace: Text = "namespace",
    }
}

go_struct! {
    /// The account in the cloud.
    struct ServiceAccount: "types.ServiceAccount" {
        name: Text = "name",
        project_id: Text = "projectId",
    }
}

go_struct! {
    /// Where charts are.
    struct HelmGlobals: "types.HelmGlobals" {
        chart_home: Text = "chartHome",
        config_home: Text = "configHome",
    }
}

go_struct! {
    /// A chart to render.
    struct HelmChart: "types.HelmChart" {
        name: Text = "name",
        version: Text = "version",
        repo: Text = "repo",
        release_name: Text = "releaseName",
        namespace: Text = "namespace",
        additional_values_files: Vec<Text> = "additionalValuesFiles",
        values_file: Text = "valuesFile",
        values_inline: AnyMap = "valuesInline",
        values_merge: Text = "valuesMerge",
        include_crds: bool = "includeCRDs",
        skip_hooks: bool = "skipHooks",
        api_versions: Vec<Text> = "apiVersions",
        kube_version: Text = "kubeVersion",
        name_template: Text = "nameTemplate",
        skip_tests: bool = "skipTests",
        debug: bool = "debug",
        devel: bool = "devel",
    }
}

go_struct! {
    /// A chart to render, in the first form that kustomize had for it.
    struct HelmChartArgs: "types.HelmChartArgs" {
        chart_name: Text = "chartName",
        chart_version: Text = "chartVersion",
        chart_repo_url: Text = "chartRepoUrl",
        chart_home: Text = "chartHome",
        chart_repo_name: Text = "chartRepoName",
        helm_bin: Text = "helmBin",
        helm_home: Text = "helmHome",
        values: Text = "values",
        values_local: AnyMap = "valuesLocal",
        values_merge: Text = "valuesMerge",
        release_name: Text = "releaseName",
        release_namespace: Text = "releaseNamespace",
        extra_args: Vec<Text> = "extraArgs",
    }
}

impl From<HelmChartArgs> for HelmChart {
    fn from(old: HelmChartArgs) -> HelmChart {
        HelmChart {
            name: old.chart_name,
            version: old.chart_version,
            repo: old.chart_repo_url,
            values_file: old.values,
            values_inline: old.values_local,
            values_merge: old.values_merge,
            release_name: old.release_name,
            ..HelmChart::default()
        }
    }
}

go_struct! {
    /// A chart to render, with where charts are.
    struct HelmConfig: "builtins.HelmChartInflationGeneratorPlugin" {
        chart_home: Text = "HelmGlobals/chartHome",
        config_home: Text = "HelmGlobals/configHome",
        name: Text = "HelmChart/name",
        version: Text = "HelmChart/version",
        repo: Text = "HelmChart/repo",
        release_name: Text = "HelmChart/releaseName",
        namespace: Text = "HelmChart/namespace",
        additional_values_files: Vec<Text> = "HelmChart/additionalValuesFiles",
        values_file: Text = "HelmChart/valuesFile",
        values_inline: AnyMap = "HelmChart/valuesInline",
        values_merge: Text = "HelmChart/valuesMerge",
        include_crds: bool = "HelmChart/includeCRDs",
        skip_hooks: bool = "HelmChart/skipHooks",
        api_versions: Vec<Text> = "HelmChart/apiVersions",
        kube_version: Text = "HelmChart/kubeVersion",
        name_template: Text = "HelmChart/nameTemplate",
        skip_tests: bool = "HelmChart/skipTests",
        debug: bool = "HelmChart/debug",
        devel: bool = "HelmChart/devel",
    }
}

impl HelmConfig {
    pub(in crate::render::kustomize) fn new(globals: HelmGlobals, chart: HelmChart) -> HelmConfig {
        HelmConfig {
            chart_home: globals.chart_home,
            config_home: globals.config_home,
            name: chart.name,
            version: chart.version,
            repo: chart.repo,
            release_name: chart.release_name,
            namespace: chart.namespace,
            additional_values_files: chart.additional_values_files,
            values_file: chart.values_file,
            values_inline: chart.values_inline,
            values_merge: chart.values_merge,
            include_crds: chart.include_crds,
            skip_hooks: chart.skip_hooks,
            api_versions: chart.api_versions,
            kube_version: chart.kube_version,
            name_template: chart.name_template,
            skip_tests: chart.skip_tests,
            debug: chart.debug,
            devel: chart.devel,
        }
    }
}

go_struct! {
    /// Fields that hold the name of objects of a kind.
    struct NameBackReferences: "builtinconfig.NameBackReferences" {
        group: Text = "Gvk/group",
        version: Text = "Gvk/version",
        kind: Text = "Gvk/kind",
        field_specs: Vec<FieldSpec> = "fieldSpecs",
    }
}

go_struct! {
    /// A file of `configurations`.
    struct TransformerConfigFile: "builtinconfig.TransformerConfig" {
        name_prefix: Vec<FieldSpec> = "namePrefix",
        name_suffix: Vec<FieldSpec> = "nameSuffix",
        namespace: Vec<FieldSpec> = "namespace",
        common_labels: Vec<FieldSpec> = "commonLabels",
        labels: Vec<FieldSpec> = "labels",
        template_labels: Vec<FieldSpec> = "templateLabels",
        common_annotations: Vec<FieldSpec> = "commonAnnotations",
        name_reference: Vec<NameBackReferences> = "nameReference",
        var_reference: Vec<FieldSpec> = "varReference",
        images: Vec<FieldSpec> = "images",
        replicas: Vec<FieldSpec> = "replicas",
    }
}
