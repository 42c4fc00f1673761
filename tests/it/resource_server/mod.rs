//! What other programs build on: the middleware of `countersign::resource_server`.

mod answers;
mod forward_auth;
mod guard;
mod journey;
mod nginx;

#[path = "../../../examples/resource_server.rs"]
mod example;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use countersign::protocol::secret::{ENTROPY, Secret, SecretKind};
use reqwest::header::HeaderMap;

/// A small HTTP server of a test's own. Stopped when dropped.
pub struct Running(ServerHandle);

impl Running {
    pub async fn on(
        port: u16,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().configure(routes.clone()));
                let server = server.workers(2).disable_signals().bind(("127.0.0.1", port));
                let server = server.expect("a free port").run();
                sender.send(server.handle()).expect("somebody waits");
                server.await.expect("served");
            });
        });
        let handle = tokio::task::spawn_blocking(move || receiver.recv().expect("a handle"));
        Self(handle.await.expect("a handle"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Stopping begins with the call; nobody waits for its end.
        drop(self.0.stop(false));
    }
}

/// A whole answer; 503 is one of those expected here.
struct Heard {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Heard {
    async fn from(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.expect("a body") }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn challenge(&self) -> &str {
        self.header("www-authenticate").unwrap_or_else(|| panic!("no challenge: {}", self.text))
    }

    /// Asserts that Countersign could not say: nobody is let in, and told to come again.
    #[track_caller]
    fn assert_unavailable(&self) {
        assert_eq!(self.status, 503, "{}", self.text);
        assert!(self.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
        assert!(self.text.contains("temporarily_unavailable"), "{}", self.text);
        assert_eq!(self.header("www-authenticate"), None);
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

/// A token of the right shape that no server has issued.
fn unknown_token(fill: u8) -> String {
    let secret = Secret::from_entropy(SecretKind::Access, &[fill; ENTROPY]);
    secret.expect("enough entropy").reveal().to_owned()
}
