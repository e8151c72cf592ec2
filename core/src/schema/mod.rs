//! Validation against Kubernetes' and custom resources' schemas, and the API server's other rules.
