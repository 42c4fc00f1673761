//! contracts/operator.md, `trusted_proxies`: "CIDRs whose Forwarded/X-Forwarded-For is
//! believed for the client address only".

use serde_json::json;

use crate::support::Site;
use crate::support::process::GENEROUS;

const ALL_LOOPBACK: &str = "trusted_proxies = ['127.0.0.0/8', '10.0.0.0/8']";

/// Registers an agent with these headers; the address that is kept of it.
async fn assert_recorded(site: &Site, headers: &[(&str, &str)], address: &str) {
    let sql = format!("SELECT COUNT(*) FROM registration WHERE address = '{address}'");
    let before = site.count(&sql).await;
    let mut request = site.client.post(format!("{}/agent/identity", site.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.json(&json!({ "type": "anonymous" })).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(site.count(&sql).await, before + 1, "{headers:?} is not {address}");
}

/// Nobody is trusted unless named: what a stranger says about its address counts for nothing.
#[tokio::test]
async fn a_stranger_cannot_choose_its_address() {
    for trusted in ["", "trusted_proxies = ['10.0.0.0/8']"] {
        let site = Site::open_with(&format!("{trusted}\n{GENEROUS}")).await;
        for headers in [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=203.0.113.7"),
            ("x-real-ip", "203.0.113.7"),
        ] {
            assert_recorded(&site, &[headers], "127.0.0.1").await;
        }
        site.close().await;
    }
}

/// The chain of a trusted proxy is read from its end: the first address that is no proxy of
/// ours is the client's, whatever the client wrote before it.
#[tokio::test]
async fn a_trusted_proxy_names_the_client_and_the_client_nothing_before_it() {
    let site = Site::open_with(&format!("{ALL_LOOPBACK}\n{GENEROUS}")).await;
    let forwarded_for = "x-forwarded-for";
    for (value, address) in [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1,203.0.113.7, 10.1.2.3 ,127.0.0.2", "203.0.113.7"),
        ("nonsense, 203.0.113.7", "203.0.113.7"),
        (", 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, nonsense", "127.0.0.1"),
        ("203.0.113.7, unknown, 10.1.2.3", "10.1.2.3"),
        ("", "127.0.0.1"),
    ] {
        assert_recorded(&site, &[(forwarded_for, value)], address).await;
    }
    let lines = [(forwarded_for, "198.51.100.1"), (forwarded_for, "203.0.113.7")];
    assert_recorded(&site, &lines, "203.0.113.7").await;
    site.close().await;
}

/// RFC 7239 §4 and §6: `Forwarded`, with its quotes, brackets, ports and other parameters.
#[tokio::test]
async fn a_trusted_proxy_may_say_forwarded() {
    let site = Site::open_with(&format!("{ALL_LOOPBACK}\n{GENEROUS}")).await;
    for (value, address) in [
        ("for=203.0.113.7", "203.0.113.7"),
        ("for=198.51.100.1;proto=https, For=\"203.0.113.7:4711\";by=10.0.0.1", "203.0.113.7"),
        ("proto=https;for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
        ("for=203.0.113.7, for=10.1.2.3", "203.0.113.7"),
        ("for=203.0.113.7, for=_hidden", "127.0.0.1"),
        ("for=203.0.113.7, proto=https", "127.0.0.1"),
    ] {
        assert_recorded(&site, &[("forwarded", value)], address).await;
    }
    // A proxy that writes the one passes a stranger's other on.
    let both = [("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=198.51.100.1")];
    assert_recorded(&site, &both, "203.0.113.7").await;
    site.close().await;
}

/// "for the client address only": not even a trusted proxy moves what we call ourselves.
#[tokio::test]
async fn a_trusted_proxy_changes_no_url_of_ours() {
    let site = Site::open_with(ALL_LOOPBACK).await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/demo",
        "/auth.md",
        "/demo/notes",
        "/account/sessions",
    ] {
        let plain = site.get(path).await;
        let request = site.client.get(format!("{}{path}", site.url));
        let request = request
            .header("x-forwarded-for", "203.0.113.7")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-prefix", "/evil")
            .header("forwarded", "for=203.0.113.7;host=evil.example;proto=https");
        let answer = request.send().await.expect("an answer");
        for name in ["www-authenticate", "location"] {
            let forwarded = answer.headers().get(name).and_then(|value| value.to_str().ok());
            assert_eq!(forwarded, plain.header(name), "{path}");
        }
        assert_eq!(answer.status().as_u16(), plain.status, "{path}");
        assert_eq!(answer.text().await.expect("text"), plain.text, "{path}");
    }
    site.close().await;
}
