//! Small servers on loopback: one that answers what a test says, in plain or over TLS, and
//! counts who came.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Answers one request; what it returns ends the connection.
type Answer = dyn Fn(&str, &mut dyn Stream) -> io::Result<()> + Send + Sync;

pub struct Server {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// Listens on every address of this machine, and answers nobody.
    pub fn canary() -> Self {
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
        Self::on(listener.expect("a listener"), None, |_, _| Ok(()))
    }

    /// Listens on 127.0.0.1 and answers: called with the path that was asked for.
    pub fn plain(
        answer: impl Fn(&str, &mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a listener"), None, answer)
    }

    /// The same over TLS, on whatever `localhost` may resolve to.
    pub fn tls(
        authority: &Authority,
        answer: impl Fn(&str, &mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
        Self::on(listener.expect("a listener"), Some(authority.server_of("localhost")), answer)
    }

    fn on(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&str, &mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let port = listener.local_addr().expect("an address").port();
        let (connections, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, now_open) = (Arc::clone(&connections), Arc::clone(&open));
        let answer: Arc<Answer> = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                now_open.fetch_add(1, Ordering::SeqCst);
                let (tls, answer) = (tls.clone(), Arc::clone(&answer));
                let now_open = Arc::clone(&now_open);
                std::thread::spawn(move || {
                    // The other side may hang up; the test looks at what the fetcher says.
                    let _served = serve(stream, tls, &*answer);
                    now_open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, connections, open }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Asserts that nobody came so far. Connections are accepted in the order they were
    /// made, so once ours is counted, every earlier one would be too.
    pub fn assert_silent(&self) {
        let before = self.connections();
        assert_eq!(before, 0, "the canary heard {before} connections");
        let _ours = TcpStream::connect(("127.0.0.1", self.port)).expect("the canary listens");
        while self.connections() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(self.connections(), 1, "the canary heard somebody");
        self.connections.store(0, Ordering::SeqCst);
    }
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, answer: &Answer) -> io::Result<()> {
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut stream: Box<dyn Stream> = match tls {
        Some(tls) => {
            let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(connection, stream))
        }
        None => Box::new(stream),
    };
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request);
    answer(request.split(' ').nth(1).expect("a path"), &mut *stream)?;
    stream.flush()
}

/// A certificate authority that nobody but a test trusts.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate as a PEM file.
    pub fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authority.pem");
        std::fs::write(&path, self.0.pem()).expect("written");
        path
    }

    fn server_of(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a pair");
        Arc::new(config)
    }
}
