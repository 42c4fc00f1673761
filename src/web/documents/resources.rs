//! The metadata of protected resources (RFC 9728): what this server has at which address.

use super::Document;
use crate::app::App;
use crate::domain::resource::Resource;
use crate::protocol::form::Form;
use crate::protocol::metadata::ProtectedResourceMetadata;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::signature_algorithm::SignatureAlgorithm;

/// One document at one address.
struct Place {
    path: String,
    identifier: ResourceIdentifier,
    document: Document,
}

/// Every resource's document, by the path it is inserted before. Resources of other hosts may
/// share a path: here they are told apart by their name, on their own hosts by the host.
pub struct ResourceDocuments(Vec<Place>);

impl ResourceDocuments {
    /// Of several at one path the first is meant where none is named: at the root the default
    /// resource, elsewhere the one on this origin, because that address is its own.
    #[must_use]
    pub fn render(app: &App) -> Self {
        let place = |path: String, resource: &Resource| Place {
            path,
            identifier: resource.identifier.clone(),
            document: Document::json(&metadata(app, resource)),
        };
        let mut places = Vec::new();
        places.extend(app.default_resource().map(|default| place(String::new(), default)));
        let is_ours = |one: &&Resource| one.identifier.origin() == app.settings.issuer.origin();
        let (ours, others): (Vec<_>, Vec<_>) = app.settings.resources.iter().partition(is_ours);
        let all = ours.into_iter().chain(others);
        places.extend(all.map(|resource| place(resource.identifier.path(), resource)));
        Self(places)
    }

    /// The document inserted before `path` ([RFC 9728 §3.1]), of the resource that the query
    /// names, if it names one.
    ///
    /// [RFC 9728 §3.1]: https://www.rfc-editor.org/rfc/rfc9728#section-3.1
    #[must_use]
    pub fn at(&self, path: &str, query: &str) -> Option<&Document> {
        let path = path.trim_end_matches('/');
        let query = Form::parse(query.as_bytes(), &[]).ok()?;
        let named: Option<ResourceIdentifier> =
            query.get("resource").map(str::parse).transpose().ok()?;
        let meant = |place: &&Place| {
            place.path == path && named.as_ref().is_none_or(|named| *named == place.identifier)
        };
        self.0.iter().find(meant).map(|place| &place.document)
    }
}

fn metadata<'a>(app: &'a App, resource: &'a Resource) -> ProtectedResourceMetadata<'a> {
    let service = &app.settings.service;
    let is_demo = resource.identifier.as_str() == app.settings.issuer.url("/demo");
    ProtectedResourceMetadata {
        resource: resource.identifier.as_str(),
        resource_name: &resource.name,
        resource_logo_uri: service.logo.as_deref(),
        authorization_servers: [app.issuer()],
        scopes_supported: resource.published_scopes().to_vec(),
        bearer_methods_supported: ["header"],
        authorization_details_types_supported: super::detail_types(std::slice::from_ref(resource)),
        dpop_signing_alg_values_supported: is_demo.then_some(SignatureAlgorithm::NAMES),
        resource_documentation: app.settings.issuer.url("/auth.md"),
        resource_policy_uri: service.privacy.as_deref(),
        resource_tos_uri: service.terms.as_deref(),
    }
}
