//! Service accounts that stand for accounts of a cloud.

use super::Generator;
use crate::render::kustomize::decode::IamPolicyConfig;
use crate::render::kustomize::error::{Error, Result};
use crate::render::kustomize::factory;
use crate::render::kustomize::resmap::ResMap;
use crate::render::kustomize::session::Session;
use crate::source::FileId;

/// Makes the ServiceAccount of a cluster for an account of a cloud.
#[derive(Debug)]
pub(in crate::render::kustomize) struct IamPolicyGenerator {
    pub(in crate::render::kustomize) config: IamPolicyConfig,
}

impl Generator for IamPolicyGenerator {
    fn generate(&self, session: &mut Session<'_>) -> Result<ResMap> {
        let IamPolicyConfig { cloud, kubernetes_service, service_account } = &self.config;
        if cloud.0 != "gke" {
            return Err(Error::new(format!("cloud provider {} not supported yet", cloud.0)));
        }
        // The text is what kustomize reads, so a name that is no plain text of YAML is what YAML makes of it.
        let mut text = format!(
            "\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    \
             iam.gke.io/gcp-service-account: {}@{}.iam.gserviceaccount.com\n  name: {}\n",
            service_account.name, service_account.project_id, kubernetes_service.name
        );
        if !kubernetes_service.namespace.is_empty() {
            text.push_str(&format!("\n  namespace: {}", kubernetes_service.namespace));
        }
        factory::resmap(session, &text, FileId::NONE)
    }
}
