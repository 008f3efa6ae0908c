//! Tests of the URL gate and of identifier arithmetic.

use proptest::prelude::*;

use std::net::Ipv4Addr;

use super::*;

#[test]
fn a_reference_needs_no_repair_either() {
    let base = Url::parse("https://a.test/x/y").unwrap();
    let good = [
        ("/z", "https://a.test/z"),
        ("z?q", "https://a.test/x/z?q"),
        ("//b.test/z", "https://b.test/z"),
        ("", "https://a.test/x/y"),
    ];
    for (text, whole) in good {
        assert_eq!(resolve(&base, text).unwrap().as_str(), whole, "{text}");
    }
    for text in [
        "http:/b.test/z",
        "https:z",
        r"\\b.test",
        r"/\b.test",
        "/a b",
        "//u:p@b.test/",
        "//127.1/",
        "javascript:x",
        "/\u{202e}",
        "/%",
    ] {
        assert!(resolve(&base, text).is_err(), "{text}");
    }
}

#[test]
fn urls_that_need_no_repair_pass_unchanged() {
    for text in [
        "https://rs.test",
        "https://RS.test:8443/a/b/?q=1&r=%2F#f",
        "http://127.0.0.1:8080/mcp",
        "http://[::1]:1/mcp",
        "https://xn--bcher-kva.test./",
        "HTTPS://rs.test/a@b:c",
        "https://rs.test?x=1",
    ] {
        assert!(gate(text).is_ok(), "{text}: {:?}", gate(text));
    }
}

#[test]
fn what_the_parser_would_repair_is_refused_before_it() {
    let odd = |text: &str| match gate(text).unwrap_err() {
        UrlProblem::Empty => "empty",
        UrlProblem::TooLong { .. } => "long",
        UrlProblem::Character { .. } => "character",
        UrlProblem::Percent { .. } => "percent",
        UrlProblem::Relative { .. } => "relative",
        UrlProblem::Scheme { .. } => "scheme",
        UrlProblem::NoHost { .. } => "host",
        UrlProblem::UserInformation { .. } => "user",
        UrlProblem::OddHost { .. } => "odd",
        UrlProblem::Fragment { .. } => "fragment",
        UrlProblem::Unreadable { .. } => "unreadable",
    };
    for (text, expected) in [
        ("", "empty"),
        ("/mcp", "relative"),
        ("//rs.test/mcp", "relative"),
        ("rs.test/mcp", "relative"),
        ("rs.test:8080/mcp", "scheme"),
        (" https://rs.test", "relative"),
        ("https://rs.test ", "character"),
        ("https://rs.test/a\tb", "character"),
        ("ht\ntps://rs.test", "relative"),
        ("https:\\\\rs.test\\", "host"),
        ("https://rs.test\\@evil.test/", "user"),
        ("https://rs.test\\a", "character"),
        ("https://bücher.test/", "character"),
        ("https://rs.test/\u{202e}", "character"),
        ("https://rs.test/{id}", "character"),
        ("https://rs.test/a|b", "character"),
        ("https://rs.test/[a]", "character"),
        ("https://rs.test/#a#b", "character"),
        ("https://rs.test/%zz", "percent"),
        ("https://rs.test/%4", "percent"),
        ("https://rs.test/%", "percent"),
        ("https:rs.test", "host"),
        ("https:/rs.test", "host"),
        ("https:///rs.test", "host"),
        ("https://", "host"),
        ("https://:443/", "host"),
        ("https://user@rs.test/", "user"),
        ("https://user:pass@rs.test/", "user"),
        ("https://ex%61mple.test/", "odd"),
        ("https://0x7f.1/", "odd"),
        ("https://2130706433/", "odd"),
        ("https://0177.0.0.1/", "odd"),
        ("https://127.1/", "odd"),
        ("https://127.0.0.1./", "odd"),
        ("https://rs.test:99999/", "unreadable"),
        ("https://rs.test:x/", "unreadable"),
        ("https://[::1/", "unreadable"),
        ("https://[fe80::1%25eth0]/", "unreadable"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("vbscript:x", "scheme"),
    ] {
        assert_eq!(odd(text), expected, "{text:?}");
    }
    let long = |length: usize| format!("https://rs.test/{}", "a".repeat(length - "https://rs.test/".len()));
    assert_eq!(odd(&long(MAX_URL + 1)), "long");
    assert!(gate(&long(MAX_URL)).is_ok());
}

#[test]
fn problems_are_safe_to_print_and_hide_passwords() {
    let text = gate("https://rs.test/\u{1b}[2J").unwrap_err().to_string();
    assert!(text.contains(r"\u{1b}") && !text.contains('\u{1b}'), "{text}");
    for text in [
        "https://user:hunter2@rs.test",
        "ftp://user:hunter2@rs.test/",
        "user:hunter2@rs.test",
        "//u:hunter2@rs.test",
        "ftp:\\\\u:hunter2@rs.test",
    ] {
        let problem = gate(text).unwrap_err();
        assert!(!format!("{problem:?} {problem}").contains("hunter2"), "{problem}");
    }
    assert_eq!(
        gate("javascript:alert(1)").unwrap_err().to_string(),
        "the scheme of `javascript:alert(1)` is `javascript`, not https"
    );
}

#[test]
fn origins_ignore_case_and_default_ports() {
    let origin = |text: &str| origin_of(&gate(text).unwrap());
    assert_eq!(origin("HTTPS://RS.test:443/a"), origin("https://rs.test"));
    assert_ne!(origin("https://rs.test:8443"), origin("https://rs.test"));
    assert_eq!(origin("http://[::1]:80/x").to_string(), "http://[::1]");
    assert_eq!(origin("http://rs.test:8080").to_string(), "http://rs.test:8080");
}

#[test]
fn loopback_hosts_are_known_by_name_and_number() {
    for text in ["http://localhost:1", "http://LOCALHOST", "http://a.localhost./", "http://127.8.9.1", "http://[::1]"] {
        assert!(is_loopback_host(&gate(text).unwrap()), "{text}");
    }
    for text in ["http://localhost.test", "http://notlocalhost", "http://128.0.0.1", "http://[::2]", "http://10.0.0.1"]
    {
        assert!(!is_loopback_host(&gate(text).unwrap()), "{text}");
    }
}

#[test]
fn names_of_local_networks_are_known() {
    for (text, local) in [
        ("http://mcp-server:8080", true),
        ("http://printer.local", true),
        ("http://metadata.google.internal.", true),
        ("http://localhost", false),
        ("http://10.0.0.1", false),
        ("http://rs.test", false),
        ("http://notlocal.example", false),
    ] {
        assert_eq!(is_local_name(&gate(text).unwrap()), local, "{text}");
    }
}

#[test]
fn addresses_have_classes() {
    use AddressClass::*;
    for (text, expected) in [
        ("8.8.8.8", Public),
        ("192.0.1.1", Public),
        ("172.32.0.1", Public),
        ("100.128.0.1", Public),
        ("0.0.0.0", Special),
        ("192.0.2.1", Special),
        ("198.19.255.255", Special),
        ("224.0.0.1", Special),
        ("255.255.255.255", Special),
        ("10.1.2.3", Private),
        ("172.31.255.255", Private),
        ("192.168.0.1", Private),
        ("100.64.0.1", Private),
        ("169.254.1.1", LinkLocal),
        ("127.0.0.53", Loopback),
        ("169.254.169.254", Metadata),
        ("100.100.100.200", Metadata),
        ("2606:4700::1111", Public),
        ("2001:4860:4860::8888", Public),
        ("::", Special),
        ("2001:db8::1", Special),
        ("2001::1", Special),
        ("3fff::1", Special),
        ("ff02::1", Special),
        ("100::1", Special),
        ("5f00::1", Special),
        ("fc00::1", Private),
        ("fd12::1", Private),
        ("fec0::1", Private),
        ("64:ff9b:1::1", Private),
        ("fe80::1", LinkLocal),
        ("::1", Loopback),
        ("fd00:ec2::254", Metadata),
        ("::ffff:127.0.0.1", Loopback),
        ("::ffff:169.254.169.254", Metadata),
        ("::ffff:8.8.8.8", Public),
        ("64:ff9b::10.0.0.1", Private),
        ("64:ff9b::8.8.8.8", Public),
        ("2002:7f00:1::", Loopback),
        ("2002:a9fe:a9fe::1", Metadata),
        ("::127.0.0.1", Loopback),
        ("::8.8.8.8", Special),
    ] {
        assert_eq!(class_of(text.parse().unwrap()), expected, "{text}");
    }
    assert!(
        Public < Special && Special < Private && Private < LinkLocal && LinkLocal < Loopback && Loopback < Metadata
    );
}

#[test]
fn resource_metadata_is_looked_for_as_rfc_9728_says() {
    let urls = |text: &str| resource_metadata_urls(&gate(text).unwrap());
    let with_path = urls("https://rs.test/public/mcp");
    assert_eq!(with_path.path, "https://rs.test/.well-known/oauth-protected-resource/public/mcp");
    assert_eq!(with_path.root, "https://rs.test/.well-known/oauth-protected-resource");
    assert_eq!(with_path.appended, "https://rs.test/public/mcp/.well-known/oauth-protected-resource");
    for text in ["https://rs.test", "https://rs.test/"] {
        assert_eq!(urls(text).path, urls(text).root);
    }
    assert_eq!(
        urls("https://rs.test:8443/mcp/?a=b").path,
        "https://rs.test:8443/.well-known/oauth-protected-resource/mcp/?a=b"
    );
    assert_eq!(urls("https://rs.test/?a=b").path, "https://rs.test/.well-known/oauth-protected-resource?a=b");
    assert_eq!(urls("http://[::1]:80/m").root, "http://[::1]/.well-known/oauth-protected-resource");
}

#[test]
fn issuer_metadata_is_looked_for_as_rfc_8414_and_openid_say() {
    let urls = issuer_metadata_urls("https://as.test/tenant1/").unwrap();
    assert_eq!(urls, issuer_metadata_urls("https://as.test/tenant1").unwrap());
    assert_eq!(
        urls.candidates().collect::<Vec<_>>(),
        [
            "https://as.test/.well-known/oauth-authorization-server/tenant1",
            "https://as.test/.well-known/openid-configuration/tenant1",
            "https://as.test/tenant1/.well-known/openid-configuration",
        ]
    );
    assert_eq!(urls.oauth_appended.unwrap(), "https://as.test/tenant1/.well-known/oauth-authorization-server");
    assert_eq!(urls.oauth_root.unwrap(), "https://as.test/.well-known/oauth-authorization-server");
    for text in ["https://as.test", "https://as.test/"] {
        let urls = issuer_metadata_urls(text).unwrap();
        assert_eq!(
            urls.candidates().collect::<Vec<_>>(),
            [
                "https://as.test/.well-known/oauth-authorization-server",
                "https://as.test/.well-known/openid-configuration"
            ]
        );
        assert_eq!((urls.oauth_appended, urls.oauth_root), (None, None));
    }
    assert!(issuer_metadata_urls("as.test").is_err());
}

#[test]
fn canonical_forms_gain_no_slash() {
    for (text, expected) in [
        ("https://rs.test", "https://rs.test"),
        ("HTTPS://RS.Test:443/", "https://rs.test"),
        ("https://rs.test/MCP/", "https://rs.test/MCP/"),
        ("http://rs.test:8080/a%2fb?Q=1", "http://rs.test:8080/a%2fb?Q=1"),
        ("http://rs.test:443", "http://rs.test:443"),
        ("https://rs.test:/mcp", "https://rs.test/mcp"),
        ("https://rs.test/?q", "https://rs.test/?q"),
        ("http://[::1]:80", "http://[::1]"),
    ] {
        assert_eq!(canonical(text).unwrap(), expected);
    }
    assert!(matches!(canonical("https://rs.test/#f"), Err(UrlProblem::Fragment { .. })));
}

#[test]
fn identifiers_are_alike_in_named_ways() {
    use Likeness::*;
    for (a, b, expected) in [
        ("https://rs.test/mcp", "https://rs.test/mcp", Exact),
        ("https://rs.test/mcp", "https://RS.test/mcp", Case),
        ("https://rs.test/mcp", "HTTPS://rs.test/mcp", Case),
        ("https://rs.test/mcp", "https://rs.test:443/mcp", DefaultPort),
        ("https://rs.test", "https://rs.test/", RootSlash),
        ("https://rs.test/", "https://rs.test", RootSlash),
        ("https://rs.test/mcp", "https://rs.test/mcp/", PathSlash),
        ("https://rs.test/mcp", "https://rs.test", ParentPath),
        ("https://rs.test/mcp", "https://rs.test/", ParentPath),
        ("https://rs.test/a/b/c", "https://rs.test/a/b/", ParentPath),
        ("https://rs.test/a?x=1", "https://rs.test", ParentPath),
        ("https://rs.test", "https://rs.test/mcp", ChildPath),
        ("https://rs.test/mcp", "https://rs.test/mcp/x", ChildPath),
        ("https://rs.test/mcp", "https://rs.test/mcp2", Path),
        ("https://rs.test/mcp", "https://rs.test/MCP", Path),
        ("https://rs.test/mcp", "https://rs.test/mcp?x", Query),
        ("https://rs.test/mcp", "http://rs.test/mcp", Scheme),
        ("https://rs.test/mcp", "https://rs.test:8443/mcp", Port),
        ("https://rs.test/mcp", "https://other.test/mcp", Host),
        ("https://rs.test/mcp", "http://other.test:1/", Host),
        ("https://rs.test/mcp", "https://rs.test/mcp#f", Other),
        ("https://rs.test/mcp", "rs.test/mcp", Other),
        ("api://one", "urn:two", Other),
        ("", "", Exact),
    ] {
        assert_eq!(compare(a, b), expected, "{a} {b}");
    }
}

#[test]
fn registrable_domains_are_the_last_two_labels() {
    for (host, expected) in [
        ("a.b.Example.com", "example.com"),
        ("example.com.", "example.com"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]", "[::1]"),
        ("", ""),
    ] {
        assert_eq!(registrable_domain(host), expected);
    }
}

proptest! {
    #[test]
    fn nothing_panics(a in "(https?:)?//?[\\PC/?#@:\\[\\].%]{0,40}", b in "\\PC{0,40}") {
        let _ = (gate(&a), gate(&b), canonical(&a), issuer_metadata_urls(&a), compare(&a, &b), registrable_domain(&b));
        if let Ok(url) = gate(&a) {
            let _ = (resource_metadata_urls(&url), origin_of(&url), is_loopback_host(&url));
        }
    }

    #[test]
    fn what_passes_names_the_host_that_is_written(host in "[a-z0-9.:\\[\\]%x-]{1,20}") {
        if let Ok(url) = gate(&format!("https://{host}/")) {
            let written = split_port(&host).0;
            let read = url.host_str().unwrap();
            prop_assert!(written.starts_with('[') || read == written, "{} {}", written, read);
        }
    }

    #[test]
    fn every_ipv4_is_classed_alike_when_mapped(bits in any::<u32>()) {
        let address = Ipv4Addr::from(bits);
        prop_assert_eq!(class_of(address.into()), class_of(address.to_ipv6_mapped().into()));
    }

    #[test]
    fn canonical_is_idempotent(path in "[a-zA-Z0-9/._~-]{0,20}", port in proptest::option::of(1_u16..)) {
        let port = port.map(|p| format!(":{p}")).unwrap_or_default();
        let once = canonical(&format!("HTTPS://Rs.Test{port}/{path}")).unwrap();
        prop_assert_eq!(canonical(&once).unwrap(), once);
    }
}

#[test]
fn user_information_is_left_out_whole() {
    for (text, shown) in [
        ("http://user@h/", "http://…@h/"),
        ("ftp://user:hunter2@h?x@y", "ftp://…@h?x@y"),
        ("//user@h", "//…@h"),
        ("mailto:user@h", "mailto:…@h"),
        ("http://h/a@b", "http://h/a@b"),
    ] {
        assert_eq!(without_user(text), shown);
    }
}

#[test]
fn the_last_part_of_an_ipv6_address_is_no_port() {
    assert_eq!(split_port("[::1]"), ("[::1]", None));
    assert_eq!(split_port("[::1]:8080"), ("[::1]", Some("8080")));
}
