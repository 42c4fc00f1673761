//! For APIs written in Rust with actix-web: agents let in by a Countersign that runs somewhere
//! else, in three lines.
//!
//! The API is a *resource server* ([RFC 6749 §1.1]) with one *protected resource* or several.
//! It serves a challenge with every 401 and 403 ([RFC 6750 §3]), a metadata document that says
//! where to ask ([RFC 9728 §3]), and asks Countersign about every token it is shown
//! ([RFC 7662 §2]).
//!
//! ```no_run
//! use actix_web::{App, HttpServer, http::Method, web};
//! use countersign::resource_server::{ProtectedResource, Session};
//!
//! async fn events(session: Session) -> String {
//!     format!("the events of {}", session.account().unwrap_or("nobody yet"))
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let resource = ProtectedResource::describe("https://api.example.com", "https://auth.example.com")
//!     .scopes("events:read events:write")
//!     .introspected_as("example-api", "the secret of example-api")?;
//! HttpServer::new(move || {
//!     App::new().service(resource.metadata()).service(
//!         web::scope("/events")
//!             .wrap(resource.requires("events:read").on(Method::POST, "events:read events:write"))
//!             .route("", web::get().to(events)),
//!     )
//! })
//! .bind(("127.0.0.1", 3000))?
//! .run()
//! .await?;
//! # Ok(())
//! # }
//! ```
//!
//! A token that its agent bound to a key ([RFC 9449]) is let in with a proof of that key, once
//! for each proof, and without one it is refused.
//!
//! When Countersign cannot be asked, nobody is let in: 503 with `Retry-After`. Answers about
//! live tokens are remembered for five seconds ([`Description::remember`]), so that is how
//! long an agent goes on after its person has disconnected it; [`Requirement::anew`] asks
//! every time.
//!
//! The countersign crate is the server and this module in one: who depends on it compiles
//! both.
//!
//! [RFC 6749 §1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-1.1
//! [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
//! [RFC 7662 §2]: https://www.rfc-editor.org/rfc/rfc7662#section-2
//! [RFC 9449]: https://www.rfc-editor.org/rfc/rfc9449
//! [RFC 9728 §3]: https://www.rfc-editor.org/rfc/rfc9728#section-3

mod authorization;
mod description;
mod introspect;
mod metadata;
mod over_http;
mod preflight;
mod proof;
mod protected_resource;
mod refused;
mod remembered;
mod requirement;
mod session;

pub use description::{Description, SetUpError};
pub use introspect::{Answer, Introspect};
pub use protected_resource::ProtectedResource;
pub use refused::Refused;
pub use requirement::{Guarded, Requirement};
pub use session::Session;
