//! TLS as a step of a connection: after the proxy and the socket, before HTTP.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

/// Wraps connections to a server, and to a proxy on the way to it, in TLS.
pub(crate) struct TlsConnector {
    /// For the server.
    pub(crate) server: Arc<ClientConfig>,
    /// For proxies that speak TLS themselves, which this machine must trust; `None` where it trusts nobody.
    pub(crate) proxy: Option<Arc<ClientConfig>>,
    /// Host and port of the server, by which it is told from a proxy.
    pub(crate) authority: String,
    /// The name that the server's certificate is for, where it is another.
    pub(crate) name: Option<ServerName<'static>>,
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector").field("server", &self.authority).finish_non_exhaustive()
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default();
        let own = || ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let (config, name) =
            match (details.uri.authority().is_some_and(|a| a.as_str() == self.authority), &self.name, &self.proxy) {
                (true, Some(name), _) => (self.server.clone(), Ok(name.clone())),
                (true, None, _) => (self.server.clone(), own()),
                (false, _, Some(proxy)) => (proxy.clone(), own()),
                (false, _, None) => return Err(ureq::Error::Tls("this machine trusts no certificate of a proxy")),
            };
        let name = name.map_err(|_| ureq::Error::Tls("the host is no name that a certificate could be for"))?;
        let mut connection = ClientConnection::new(config, name).map_err(|error| io(&error))?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Either::B(TlsTransport { buffers, stream, kept: Vec::new() })))
    }
}

fn io(error: &rustls::Error) -> ureq::Error {
    ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error.clone()))
}

/// A connection in TLS.
///
/// A request comes in two parts, its head and its body. What is small is kept until an answer is waited for, so that it
/// goes in one record and the server is woken once: a twentieth of what it does for a small object.
pub(crate) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    kept: Vec<u8>,
}

/// The most bytes that one record of TLS holds (RFC 8446, section 5.1).
const RECORD: usize = 1 << 14;

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").finish_non_exhaustive()
    }
}

impl TlsTransport {
    fn send_kept(&mut self, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if !self.kept.is_empty() {
            self.stream.get_mut().set_timeout(timeout);
            self.stream.write_all(&self.kept)?;
            self.kept.clear();
        }
        Ok(())
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.kept.len() + amount > RECORD {
            self.send_kept(timeout)?;
        }
        self.kept.extend_from_slice(&self.buffers.output()[..amount]);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.send_kept(timeout)?;
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
