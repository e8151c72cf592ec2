//! What many requests share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Built, Request};
use crate::diag::Diagnostics;
use crate::diff::{self, ObjectDiff};
use crate::object::{NoFacts, TypeFacts};
use crate::render::Functions;
use crate::schema::{self, Check, KubeVersion, SchemaBytes, SchemaSet};
use crate::source::Limits;
use crate::value::Value;

/// The engine with its schemas, limits, and what an embedder added. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Engine {
    pub(super) schemas: Option<SchemaBytes>,
    pub(super) limits: Limits,
    pub(super) functions: Functions,
    checks: Vec<Arc<dyn Check + Send + Sync>>,
    // Types are decoded when they are first needed: later builds have them.
    types: Arc<Mutex<Vec<SchemaSet>>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("limits", &self.limits)
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Returns an engine without schemas: it knows the types of custom resource definitions that it meets, and no others.
    pub fn new() -> Engine {
        Engine::default()
    }

    /// Adds Kubernetes' own schemas, as the crate `rhumb-schemas` carries them.
    #[must_use]
    pub fn with_schemas(mut self, bytes: impl Into<SchemaBytes>) -> Engine {
        self.schemas = Some(bytes.into());
        self.types = Arc::default();
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Engine {
        self.limits = limits;
        self
    }

    /// Adds a function that native templates may call. It must give the same answer to the same arguments.
    #[must_use]
    pub fn with_function(
        mut self,
        name: &str,
        function: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Engine {
        self.functions.add(name, function);
        self
    }

    /// Returns the names of the functions that were added for native templates.
    pub fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.names()
    }

    /// Adds a rule that [`Engine::check`] holds every object against.
    #[must_use]
    pub fn with_check(mut self, check: impl Check + Send + Sync + 'static) -> Engine {
        self.checks.push(Arc::new(check));
        self
    }

    /// Builds, and validates what was built.
    ///
    /// What a package with errors renders to is not validated: the findings of the build are enough to act on. Of
    /// manifests, each document that can be read is.
    pub fn check(&self, request: &Request<'_>) -> Built {
        self.check_built(self.build(request), request)
    }

    /// Validates what [`Engine::build`] made of the same request.
    pub fn check_built(&self, mut built: Built, request: &Request<'_>) -> Built {
        if !built.ok() && (built.is_rendered() || built.objects.is_empty()) {
            return built;
        }
        let mut findings = self.validate(&built, request);
        // The plain run pays nothing for origins; only findings need them, and the second run gives the same objects.
        if !findings.is_empty() && !request.trace && built.is_rendered() {
            built = self.build(&Request { trace: true, ..request.clone() });
            findings = self.validate(&built, request);
        }
        built.diagnostics.append(findings);
        built.diagnostics.sort();
        built
    }

    /// Returns what differs between two builds, by object and field.
    pub fn diff(&self, a: &Built, b: &Built) -> Vec<ObjectDiff> {
        let none: &dyn TypeFacts = &NoFacts;
        let facts = b.schemas.as_ref().or(a.schemas.as_ref()).map_or(none, |schemas| schemas as &dyn TypeFacts);
        diff::compare(&a.objects, &b.objects, facts)
    }

    fn validate(&self, built: &Built, request: &Request<'_>) -> Diagnostics {
        let Some(schemas) = &built.schemas else { return Diagnostics::new() };
        let checks: Vec<&dyn Check> = self.checks.iter().map(|check| &**check as &dyn Check).collect();
        let mut findings = built.definitions.clone();
        // Further definitions of the request are not among those by which the memory is kept.
        let memo = request.memo.filter(|_| request.crds.is_empty());
        let checked = memo.map(|memo| memo.checked(schemas.version(), request.strict, &built.defined));
        let options = schema::Options {
            strict: request.strict,
            checks: &checks,
            limits: self.limits.clone(),
            defined: &built.defined,
            checked: checked.as_deref(),
        };
        findings.append(schema::validate(&built.objects, schemas, &built.origins, &options));
        findings
    }

    pub(super) fn schema_set(&self, version: KubeVersion, findings: &mut Diagnostics) -> SchemaSet {
        let Some(bytes) = &self.schemas else { return SchemaSet::empty(version) };
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = types.iter().find(|known| known.version() == version) {
            return known.clone();
        }
        match SchemaSet::from_bytes(bytes.clone(), version) {
            Ok(set) => {
                types.push(set.clone());
                set
            }
            Err(error) => {
                findings.push(error);
                SchemaSet::empty(version)
            }
        }
    }
}
