//! The program with a certificate of its own.

use crate::{
    process::Program,
    wires::{SOON, hello},
};
use asterism_wire::frame::{Answer, ClientFrame, Response, ServerBody, ServerFrame};
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use std::{path::Path, sync::Arc};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};
use tokio_tungstenite::tungstenite::Message;

/// Writes a certificate for `localhost` with its key; gives the certificate.
fn make_certificate(directory: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(directory.join("key.pem"), made.key_pair.serialize_pem()).unwrap();
    made.cert.der().clone()
}

fn connector(trusted: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config).into()
}

#[tokio::test]
async fn a_client_says_hello_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = make_certificate(directory.path());
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let program = Program::start_with(
        "https",
        &["--store", "memory", "--tls-cert", &file("cert.pem"), "--tls-key", &file("key.pem")],
    )
    .await;

    // A stranger that never shakes hands keeps nobody waiting.
    let _silent = TcpStream::connect(program.address).await.unwrap();
    let tcp = TcpStream::connect(program.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = timeout(SOON, connector(certificate).connect(name, tcp)).await.unwrap().unwrap();
    let (mut socket, response) =
        tokio_tungstenite::client_async("wss://localhost/api/v1/socket", tls).await.unwrap();
    assert!(response.headers().contains_key("strict-transport-security"));

    let frame = ClientFrame { id: 1, request: Some(hello()) }.encode_to_vec();
    socket.send(Message::binary(frame)).await.unwrap();
    let answer = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
    match ServerFrame::decode(answer.into_data()).unwrap().body {
        Some(ServerBody::Response(Response { answer: Some(Answer::Hello(answer)), .. })) => {
            assert_eq!(answer.public_url, format!("https://{}", program.address));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(program.end().await, 0);
}
