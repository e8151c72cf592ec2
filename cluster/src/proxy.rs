//! The proxy on the way to a server: that of the kubeconfig, else that of the environment as Go reads it.
//!
//! Facts: <https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config>. The variable is that of the server's scheme, this
//! machine is never asked through a proxy, and `NO_PROXY` lists hosts, domains, addresses and networks.

use std::net::IpAddr;

/// Returns the proxy that the environment names for a server.
pub(crate) fn of_environment(
    scheme: &str,
    host: &str,
    port: u16,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let either = |name: &str| variable(name).or_else(|| variable(&name.to_lowercase())).filter(|text| !text.is_empty());
    let proxy = either(if scheme == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" })?;
    let host = host.trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
    let excepted =
        either("NO_PROXY").is_some_and(|list| list.split(',').any(|entry| fits(entry.trim(), host, port, address)));
    (!is_here && !excepted).then(|| if proxy.contains("://") { proxy } else { format!("http://{proxy}") })
}

fn fits(entry: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    if entry.is_empty() {
        return false;
    }
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return match (network.parse(), bits.parse(), address) {
            (Ok(network), Ok(bits), Some(address)) => is_within(address, network, bits),
            _ => false,
        };
    }
    let (entry, wanted_port) = with_port(entry);
    if wanted_port.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if let Ok(entry) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
        return address == Some(entry);
    }
    let (host, entry) = (host.to_lowercase(), entry.to_lowercase());
    match entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')) {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => host == entry || host.strip_suffix(&entry).is_some_and(|rest| rest.ends_with('.')),
    }
}

// An IPv6 address has colons of its own.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    let same = |a: u128, b: u128, size: u32| match size.checked_sub(bits) {
        Some(0) => a == b,
        Some(rest) => rest >= u128::BITS || a >> rest == b >> rest,
        None => false,
    };
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(host: &str, no_proxy: &str) -> Option<String> {
        of_environment("https", host, 6443, |name| match name {
            "https_proxy" => Some("proxy:3128".to_owned()),
            "NO_PROXY" => Some(no_proxy.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_variable_is_that_of_the_scheme() {
        assert_eq!(proxy("one.example", "").as_deref(), Some("http://proxy:3128"));
        let other = |name: &str| (name == "HTTP_PROXY").then(|| "http://proxy".to_owned());
        assert_eq!(of_environment("https", "one.example", 443, other), None);
    }

    #[test]
    fn this_machine_and_what_is_excepted_are_asked_directly() {
        assert_eq!((proxy("localhost", ""), proxy("127.0.0.2", ""), proxy("[::1]", "")), (None, None, None));
        for (host, list, direct) in [
            ("a.example.com", "example.com", true),
            ("example.com", "example.com", true),
            ("example.com", ".example.com", false),
            ("a.example.com", "*.example.com", true),
            ("badexample.com", "example.com", false),
            ("10.1.2.3", "x, 10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("10.1.2.3", "10.1.2.3:6443", true),
            ("10.1.2.3", "10.1.2.3:443", false),
            ("[fd00::1]", "fd00::/8", true),
            ("fd00::1", "::/0", true),
            ("a.example.com", "*", true),
            ("a.example.com", "10.0.0.0/99", false),
        ] {
            assert_eq!(proxy(host, list).is_none(), direct, "{host} and {list}");
        }
    }
}
