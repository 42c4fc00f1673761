//! Listening, tending, stopping.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use actix_web::{App as Routes, HttpServer};
use futures_util::TryFutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

use super::assets::Assets;
use super::background::{deliver, link_history, remind, sweep, tell, tend};
use super::demo::{self, Notes};
use super::documents::Documents;
use super::health::Readiness;
use super::offered::offered;
use super::tls::{Certificate, TlsError};
use super::{
    base_path, demo_routes, limits, managed_keys, metrics_routes, request_log, routes, slashes,
};
use crate::app::App;
use crate::flow::mail;
use crate::flow::upkeep;

/// How long readiness says no before connections are refused: a load balancer that looks
/// every second or two and wants to hear it twice sends nobody here by then.
const NOTICE: Duration = Duration::from_secs(5);
/// How long where nobody has ever asked for readiness, so that nobody needs the time: a
/// server on somebody's own machine goes at once.
const GLANCE: Duration = Duration::from_millis(500);
/// How long requests under way may take after that. Their bodies have ten seconds to arrive,
/// and notice and drain together stay below the thirty seconds that supervisors commonly give.
const DRAIN: Duration = Duration::from_secs(20);
/// How often the certificate's files are looked at.
const WATCH: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a future where the server's workers can be started from.
pub fn block_on<F: Future>(future: F) -> F::Output {
    actix_web::rt::System::new().block_on(future)
}

/// A server that listens; [`run`](Self::run) answers until it is told to stop.
pub struct Listening {
    app: Arc<App>,
    server: Server,
    metrics: Option<Server>,
    readiness: Data<Readiness>,
    certificate: Option<Arc<Certificate>>,
    signals: Signals,
    address: SocketAddr,
}

/// Received from before anybody is told that the server listens: a supervisor may want it
/// to stop at once.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// Asks for the certificate to be read again. Without one it keeps its usual meaning, so
    /// that a server goes with the terminal it was tried in.
    hangup: Option<Signal>,
}

impl Signals {
    fn receive(with_certificate: bool) -> io::Result<Self> {
        let hangup = with_certificate.then(|| signal(SignalKind::hangup())).transpose()?;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup,
        })
    }
}

/// Binds the addresses of the settings. Connections wait from now on.
///
/// # Errors
///
/// An address is taken, or TLS cannot be set up.
pub fn listen(app: Arc<App>) -> Result<Listening, ServeError> {
    let wanted = app.settings.listen;
    let listener = TcpListener::bind(wanted).map_err(|error| ServeError::Listen(wanted, error))?;
    let address = listener.local_addr()?;
    let certificate = app.settings.tls.as_ref().map(Certificate::read).transpose()?;
    let readiness = Data::new(Readiness::default());
    let server = serve(&app, listener, &readiness, certificate.as_ref())?;
    let metrics = match app.settings.metrics_listen {
        None => None,
        Some(wanted) => Some(serve_metrics(&app, wanted)?),
    };
    let signals = Signals::receive(certificate.is_some())?;
    Ok(Listening { app, server, metrics, readiness, certificate, signals, address })
}

fn serve(
    app: &Arc<App>,
    listener: TcpListener,
    readiness: &Data<Readiness>,
    certificate: Option<&Arc<Certificate>>,
) -> Result<Server, ServeError> {
    let shared = Data::from(Arc::clone(app));
    let documents = Data::new(Documents::render(app));
    let (notes, assets) = (Data::new(Notes::default()), Data::new(Assets::default()));
    let (readiness, demo) = (readiness.clone(), demo::protected(app));
    let offered = offered(app);
    let server = HttpServer::new(move || {
        Routes::new()
            .wrap_fn(|request, service| {
                let request = slashes::merged(base_path::taken_off(request));
                let answer = limits::within(request, service);
                answer.map_ok(|answer| request_log::noted(base_path::put_on(answer)))
            })
            .app_data(shared.clone())
            .app_data(documents.clone())
            .app_data(notes.clone())
            .app_data(assets.clone())
            .app_data(readiness.clone())
            .configure(routes)
            .configure(|server| offered.iter().for_each(|routes| routes(server)))
            .configure(|server| managed_keys::routes(&shared, server))
            .configure(|server| demo.iter().for_each(|demo| demo_routes(server, demo)))
    })
    .shutdown_timeout(DRAIN.as_secs())
    .disable_signals();
    let server = match certificate {
        None => server.listen(listener)?,
        Some(certificate) => server.listen_rustls_0_23(listener, certificate.server_config()?)?,
    };
    Ok(server.run())
}

fn serve_metrics(app: &Arc<App>, wanted: SocketAddr) -> Result<Server, ServeError> {
    let shared = Data::from(Arc::clone(app));
    let server = HttpServer::new(move || {
        Routes::new().wrap_fn(limits::within).app_data(shared.clone()).configure(metrics_routes)
    });
    let server = server.workers(1).disable_signals().bind(wanted);
    Ok(server.map_err(|error| ServeError::Listen(wanted, error))?.run())
}

impl Listening {
    /// Where it listens, as the line on standard output says it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle that stops the server.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers until SIGTERM or SIGINT, then finishes what is under way.
    ///
    /// # Errors
    ///
    /// The server failed.
    pub async fn run(self) -> Result<(), ServeError> {
        let mut jobs = vec![tokio::spawn(tend(Arc::clone(&self.app)))];
        jobs.push(tokio::spawn(link_history(Arc::clone(&self.app))));
        for receiver in self.app.settings.webhooks.clone() {
            jobs.push(tokio::spawn(tell(Arc::clone(&self.app), receiver)));
        }
        if mail::is_set(&self.app) {
            jobs.push(tokio::spawn(deliver(Arc::clone(&self.app))));
            jobs.push(tokio::spawn(remind(Arc::clone(&self.app))));
        }
        jobs.push(tokio::spawn(sweep(Arc::clone(&self.app))));
        let Signals { terminate, interrupt, hangup } = self.signals;
        if let (Some(certificate), Some(hangup)) = (self.certificate, hangup) {
            jobs.push(tokio::spawn(watch(certificate, hangup)));
        }
        let (handle, readiness) = (self.server.handle(), self.readiness);
        jobs.push(tokio::spawn(async move {
            stop_when_told(&handle, &readiness, (terminate, interrupt)).await;
        }));
        let metrics = self.metrics.map(|server| {
            let handle = server.handle();
            (handle, tokio::spawn(server))
        });
        let served = self.server.await;
        if let Some((handle, task)) = metrics {
            handle.stop(false).await;
            task.abort();
        }
        jobs.iter().for_each(JoinHandle::abort);
        upkeep::close(&self.app).await;
        Ok(served?)
    }
}

async fn stop_when_told(
    handle: &ServerHandle,
    readiness: &Readiness,
    (mut terminate, mut interrupt): (Signal, Signal),
) {
    let mut told = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    told().await;
    tracing::info!("stopping: requests under way are finished first");
    readiness.end();
    // Told twice: whoever stops the server has no patience for the notice.
    tokio::select! {
        () = notice(readiness) => {}
        () = told() => {}
    }
    handle.stop(true).await;
}

/// Waits until whoever looks at readiness has had the time to see that it says no.
async fn notice(readiness: &Readiness) {
    sleep(GLANCE).await;
    if readiness.is_watched() {
        sleep(NOTICE.saturating_sub(GLANCE)).await;
    }
}

/// Reads the certificate again on SIGHUP and when its files have changed.
async fn watch(certificate: Arc<Certificate>, mut hangup: Signal) {
    let mut ticks = interval(WATCH);
    let mut seen = certificate.changed_at();
    loop {
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            _ = ticks.tick() => false,
        };
        let now = certificate.changed_at();
        if !asked && now == seen {
            continue;
        }
        seen = now;
        match certificate.reload() {
            Ok(()) => tracing::info!("the TLS certificate was read again"),
            Err(error) => tracing::error!(%error, "the old TLS certificate stays in use"),
        }
    }
}
