
use builtin;
use str;

set edit:completion:arg-completer[mcp-auth] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'mcp-auth'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'mcp-auth'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand probe 'Walk the trail of a client and judge what it finds'
            cand login 'Log in to an MCP server and keep the tokens'
            cand logout 'Revoke the tokens of a login and forget it'
            cand token 'Show, check, list, refresh, revoke and introspect tokens'
            cand tools 'List the tools of an MCP server'
            cand call 'Call a tool of an MCP server'
            cand serve 'Run the reference deployment, right or wrong in named ways'
            cand browse 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing'
            cand mcp 'Serve probe, explain and token check to an assistant, as an MCP server over stdio'
            cand checks 'The catalogue of checks'
            cand report 'Join and count what `probe --targets` found'
            cand explain 'Explain a check, or find the cause of what users see'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page, or write one for every command'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;probe'= {
            cand --revision 'The protocol revision to judge by [default: the newest the server negotiates]'
            cand --targets 'Probe every URL of this list, one a line; `-` reads standard input'
            cand --jobs 'Probes at once'
            cand --per-host 'Probes of one host at once'
            cand --shard 'Take only part K of N of the list, e.g. 1/8; `/8` takes K from a Kubernetes Indexed Job'
            cand --completion-index 'What Kubernetes says to each pod of an Indexed Job'
            cand --only 'Run only these checks, and what they stand on; repeatable'
            cand --pace 'The time between two unusual requests to one origin, in seconds [default: 1, on this machine 0]'
            cand --step-up-tool 'A tool that needs more scope than a login asks for first; with its arguments, as NAME={"size":1}, if it has some'
            cand --token-file 'A good token, instead of a login''s [also: MCP_AUTH_TOKEN]'
            cand --foreign-token-file 'A token of the same authorization server that was made for another resource (or one of another authorization server): is it let in? [env: MCP_AUTH_FOREIGN_TOKEN]'
            cand --expired-token-file 'A token for this server that has expired [env: MCP_AUTH_EXPIRED_TOKEN]'
            cand --second-token-file 'A good token of a second account: does it open what belongs to the first? [env: MCP_AUTH_SECOND_TOKEN]'
            cand --upstream-token-file 'A token for the API behind the MCP server: is it let in? [env: MCP_AUTH_UPSTREAM_TOKEN]'
            cand --tool 'A tool that may be called, best one that asks the user something; with its arguments, as NAME={"size":1}'
            cand --implies 'A scope that implies another, which the tool needs: is it taken for it?'
            cand --signing-key 'The private key (PEM) that the MCP server trusts: signs tokens with one thing wrong each'
            cand --identity-key 'The private key (PEM) of an identity provider that the authorization server trusts: signs identity assertions (ID-JAG) with one thing wrong each'
            cand --identity-issuer 'The issuer of that identity provider'
            cand --identity-subject 'The user, or with `--ext wif` the workload, that it speaks of'
            cand --ext 'Try this extension though it is not advertised: dpop, cc, ema or wif; repeatable'
            cand --grant 'The way to a token'
            cand --scope 'The scope to ask for, instead of what the server suggests'
            cand --browser 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser'
            cand --listen 'The port to listen on for the redirect [default: a free one]'
            cand --callback-path 'The path of the redirect URI'
            cand --login-timeout 'How long to wait for you, in seconds'
            cand --client-issuer 'The issuer that --client-id belongs to; with any other one the login stops'
            cand --client-metadata-url 'The URL of a hosted client ID metadata document'
            cand --idp-token-endpoint 'With id-jag: the token endpoint of the identity provider'
            cand --idp-client-id 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET'
            cand --id-token-file 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]'
            cand --assertion-file 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --challenge-tool 'A tool to call without a token, for servers that refuse only there'
            cand --from 'Judge a saved trail instead of a network'
            cand --save 'Save the trail, without credentials'
            cand -f 'The format on standard output'
            cand --format 'The format on standard output'
            cand -o 'Write a further format to a file; repeatable'
            cand --output 'Write a further format to a file; repeatable'
            cand --bundle 'Write an archive for a ticket: record and reports, without credentials, with a list of them'
            cand --fail-on 'The least that makes the exit code 1: must, should, advice or never [default: must]'
            cand --expect 'What the server is expected to be; anything else makes the exit code 1'
            cand --compare 'Compare with another deployment or saved trail; the exit code is 1 where the target is worse'
            cand --from-config 'Probe the servers that editors declare (Claude, VS Code, Cursor, Windsurf), or those of one file'
            cand --baseline 'Known findings: only others make the exit code 1'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --passive 'Read public documents only; send nothing to the MCP server itself'
            cand --login 'Log in, too, and make one authorized request; the login is kept'
            cand --resume 'Go on with a run that was interrupted: leave out what the file of --output has already'
            cand --active 'Send bad requests to the authorization server, too, and unusual ones to the MCP server; nothing is created'
            cand --intrusive 'Register clients, use up codes and tokens (implies --active); removes what it created, or lists it'
            cand --slow 'Wait ten minutes for a code to grow old, at the end'
            cand --user-agents 'Ask under the names of other programs, too: does a firewall refuse some clients?'
            cand --yes 'Do not ask before an intrusive run'
            cand --i-am-authorized 'Say that you may test this deployment so'
            cand --device 'Log in on another device; short for --grant device'
            cand --no-browser 'Print the URL and let me open it'
            cand --paste 'Read the address that the browser ends at from standard input [default: on a terminal]'
            cand --dpop 'Bind the tokens to a key (DPoP) even if nobody asks for it'
            cand --lenient-issuer 'Overlook a slash after the host by which two issuers differ'
            cand --assume-pkce 'Go on where the metadata does not promise PKCE'
            cand --no-resource 'Send no `resource`, to see whether the authorization server minds it'
            cand --clients 'Say which clients can use the server, too: Claude, ChatGPT, VS Code, Cursor and others'
            cand --strict 'Count tolerated deviations as failures'
            cand --exit-zero 'Exit 0 whatever is found'
            cand --write-baseline 'Write the findings of this run to the baseline, and exit 0'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;login'= {
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --grant 'The way to a token'
            cand --scope 'The scope to ask for, instead of what the server suggests'
            cand --browser 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser'
            cand --listen 'The port to listen on for the redirect [default: a free one]'
            cand --callback-path 'The path of the redirect URI'
            cand --login-timeout 'How long to wait for you, in seconds'
            cand --client-issuer 'The issuer that --client-id belongs to; with any other one the login stops'
            cand --client-metadata-url 'The URL of a hosted client ID metadata document'
            cand --idp-token-endpoint 'With id-jag: the token endpoint of the identity provider'
            cand --idp-client-id 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET'
            cand --id-token-file 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]'
            cand --assertion-file 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'Print what was kept as JSON, without the tokens'
            cand --no-try 'Do not try the token at the MCP server afterwards'
            cand --device 'Log in on another device; short for --grant device'
            cand --no-browser 'Print the URL and let me open it'
            cand --paste 'Read the address that the browser ends at from standard input [default: on a terminal]'
            cand --dpop 'Bind the tokens to a key (DPoP) even if nobody asks for it'
            cand --lenient-issuer 'Overlook a slash after the host by which two issuers differ'
            cand --assume-pkce 'Go on where the metadata does not promise PKCE'
            cand --no-resource 'Send no `resource`, to see whether the authorization server minds it'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;logout'= {
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --all 'Forget every login of this profile'
            cand --local 'Only forget; tell the authorization server nothing'
            cand --forget-client 'Delete the client registration, too (RFC 7592)'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand show 'Show a token: header and claims with what they mean'
            cand check 'Check a token against what the MCP server and its authorization server say'
            cand list 'List the stored logins'
            cand refresh 'Get a new access token with the stored refresh token'
            cand revoke 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
            cand introspect 'Ask the authorization server about a token (RFC 7662)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;token;show'= {
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON: header and claims'
            cand --bare 'The token itself and nothing else, for scripts'
            cand --header 'The token as the line of a request header'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;check'= {
            cand --server 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml'
            cand --issuer 'Without an MCP server: the issuer that is expected'
            cand --audience 'Without an MCP server: the audience that is expected'
            cand --jwks 'Without an MCP server: where the keys are [default: from the metadata of the issuer]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;list'= {
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;refresh'= {
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;revoke'= {
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;introspect'= {
            cand --server 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml'
            cand --issuer 'Without an MCP server: the issuer that is expected'
            cand --audience 'Without an MCP server: the audience that is expected'
            cand --jwks 'Without an MCP server: where the keys are [default: from the metadata of the issuer]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;token;help'= {
            cand show 'Show a token: header and claims with what they mean'
            cand check 'Check a token against what the MCP server and its authorization server say'
            cand list 'List the stored logins'
            cand refresh 'Get a new access token with the stored refresh token'
            cand revoke 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
            cand introspect 'Ask the authorization server about a token (RFC 7662)'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;token;help;show'= {
        }
        &'mcp-auth;token;help;check'= {
        }
        &'mcp-auth;token;help;list'= {
        }
        &'mcp-auth;token;help;refresh'= {
        }
        &'mcp-auth;token;help;revoke'= {
        }
        &'mcp-auth;token;help;introspect'= {
        }
        &'mcp-auth;token;help;help'= {
        }
        &'mcp-auth;tools'= {
            cand --server 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]'
            cand --revision 'The protocol revision to speak [default: what the server negotiates]'
            cand --token-file 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --grant 'The way to a token'
            cand --scope 'The scope to ask for, instead of what the server suggests'
            cand --browser 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser'
            cand --listen 'The port to listen on for the redirect [default: a free one]'
            cand --callback-path 'The path of the redirect URI'
            cand --login-timeout 'How long to wait for you, in seconds'
            cand --client-issuer 'The issuer that --client-id belongs to; with any other one the login stops'
            cand --client-metadata-url 'The URL of a hosted client ID metadata document'
            cand --idp-token-endpoint 'With id-jag: the token endpoint of the identity provider'
            cand --idp-client-id 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET'
            cand --id-token-file 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]'
            cand --assertion-file 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'The tools as the server lists them'
            cand --login 'Log in where that is needed, also without a terminal'
            cand --no-login 'Never log in'
            cand --device 'Log in on another device; short for --grant device'
            cand --no-browser 'Print the URL and let me open it'
            cand --paste 'Read the address that the browser ends at from standard input [default: on a terminal]'
            cand --dpop 'Bind the tokens to a key (DPoP) even if nobody asks for it'
            cand --lenient-issuer 'Overlook a slash after the host by which two issuers differ'
            cand --assume-pkce 'Go on where the metadata does not promise PKCE'
            cand --no-resource 'Send no `resource`, to see whether the authorization server minds it'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;call'= {
            cand --args 'Arguments as one JSON object: the JSON itself, @FILE, or - for standard input; each KEY comes on top'
            cand --answer 'What to answer if the tool asks for input: a JSON object, @FILE, or -; what is missing takes the defaults of the question'
            cand --server 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]'
            cand --revision 'The protocol revision to speak [default: what the server negotiates]'
            cand --token-file 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]'
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --grant 'The way to a token'
            cand --scope 'The scope to ask for, instead of what the server suggests'
            cand --browser 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser'
            cand --listen 'The port to listen on for the redirect [default: a free one]'
            cand --callback-path 'The path of the redirect URI'
            cand --login-timeout 'How long to wait for you, in seconds'
            cand --client-issuer 'The issuer that --client-id belongs to; with any other one the login stops'
            cand --client-metadata-url 'The URL of a hosted client ID metadata document'
            cand --idp-token-endpoint 'With id-jag: the token endpoint of the identity provider'
            cand --idp-client-id 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET'
            cand --id-token-file 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]'
            cand --assertion-file 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]'
            cand --client-id 'The id of a client that was registered by hand'
            cand --client-secret-file 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]'
            cand --client-auth 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]'
            cand --client-key 'A file with its private key in PEM, for private_key_jwt'
            cand --client-alg 'The algorithm of the key [default: what it is made for]'
            cand --client-kid 'The id of the key'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'Print the whole result as the server sent it, as JSON, also where the tool says that it failed'
            cand --login 'Log in where that is needed, also without a terminal'
            cand --no-login 'Never log in'
            cand --device 'Log in on another device; short for --grant device'
            cand --no-browser 'Print the URL and let me open it'
            cand --paste 'Read the address that the browser ends at from standard input [default: on a terminal]'
            cand --dpop 'Bind the tokens to a key (DPoP) even if nobody asks for it'
            cand --lenient-issuer 'Overlook a slash after the host by which two issuers differ'
            cand --assume-pkce 'Go on where the metadata does not promise PKCE'
            cand --no-resource 'Send no `resource`, to see whether the authorization server minds it'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;serve'= {
            cand --fault 'Plant a defect; repeatable. The id of a check stands for its first fault'
            cand --posture 'The shape of the deployment'
            cand --delay 'Wait this long before each answer, in milliseconds'
            cand --log 'The least that is logged: nothing but troubles, or every request (method, path, status), as text or JSON lines'
            cand --lab 'Hand out the private key that access tokens are signed with (PEM), for `probe --signing-key`; a client may then describe itself on this machine, too'
            cand --listen 'The address to listen at, perhaps with the port of the MCP server; beyond this machine it needs --tls-cert or --insecure-http'
            cand --port 'The port of the MCP server; 0 takes a free one [default: 8700]'
            cand --authority-port 'The port of the authorization server; 0 takes a free one [default: 8701]'
            cand --public-url 'The origin under which clients reach it, where that is another: https://mcp.example.com. Without --authority-url the authorization server shares it'
            cand --authority-url 'The same for the authorization server, where it has an origin of its own'
            cand --host 'A further host name by which it may be addressed; repeatable'
            cand --tls-cert 'The certificate to show and those that vouch for it (PEM)'
            cand --tls-key 'The private key of the certificate (PEM)'
            cand --ca-file 'Where to write the private certificate authority of the https posture'
            cand --state 'Keep clients, codes, tokens and keys: in a file, or in a Redis or Valkey that replicas share [default: memory]'
            cand --accounts 'Who can sign in: a file with a line NAME:PASSWORD for each [default: alice and bob, with a known password]'
            cand --clients 'The clients known from the start: a JSON list of {client_id, client_secret, redirect_uris}; without a secret a client is public [default: mcp-auth-public]'
            cand --token-lifetime 'How long access tokens live, in seconds'
            cand --alg 'The algorithm of access tokens: ES256, RS256 or EdDSA'
            cand --rotate-keys 'Replace the signing keys this often, in seconds [default: never]'
            cand --issuer 'Protect the search server with the authorization server of this issuer'
            cand --provider 'The same for a known service: its settings by --set, what is left to do there is printed'
            cand --set 'A setting of the provider; repeatable'
            cand --audience 'An audience that tokens may name instead of the MCP URL; repeatable'
            cand --token-issuer 'An issuer that tokens may name besides; repeatable'
            cand --token-client 'A client whose tokens are taken although they name no audience; repeatable'
            cand --scope-claim 'The claim that holds the scopes [default: the first of scope, scp, scopes]'
            cand --map-scope 'What it calls one of our scopes (search:read, search:write, search:admin); repeatable'
            cand --introspection-id 'Our client id at its introspection endpoint; the secret is read from MCP_AUTH_INTROSPECTION_SECRET'
            cand --cacert 'Trust the certificate authorities of this PEM file, too, when it is asked'
            cand --docs 'Search the Markdown and text of this folder [default: this program''s own catalogue of checks]'
            cand --search 'Search the web with this service: tavily; its key is read from MCP_AUTH_TAVILY_KEY or TAVILY_API_KEY'
            cand --search-url 'Where the service is, if not at its usual place'
            cand --trap 'Set a trap: something that a correct client must refuse or survive; repeatable. Without a name: list them'
            cand --traps 'Grade in a series of runs: without a trap, then trap by trap. `all`, or names with commas'
            cand --until-idle 'A run ends when nothing came for so long [default with a command: 30]'
            cand --revision 'Judge by this protocol revision [default: the one that the client speaks]'
            cand -f 'The format of the report on standard output'
            cand --format 'The format of the report on standard output'
            cand -o 'Write a further format to a file; repeatable'
            cand --output 'Write a further format to a file; repeatable'
            cand --save 'Save what the client did, without credentials'
            cand --fail-on 'The least that makes the exit code 1: must, should, advice or never'
            cand --color 'Colours: on a terminal, always, or never'
            cand --list 'List every fault, with the check it trips, and every posture'
            cand --insecure-http 'Listen beyond this machine without TLS: something in front of it ends TLS, or the network is closed'
            cand --auto-approve 'Approve every request in the name of the first account, without a page'
            cand --introspect 'Ask about every token, JWTs too: what is revoked ends at once'
            cand --grade-client 'Grade the client that connects: record what it does, show it at the page that is named, report at the end'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;browse'= {
            cand --report 'The origin that is told of it'
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;mcp'= {
            cand --profile 'Keep several accounts apart'
            cand --store 'Where to remember logins'
            cand --state-dir 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]'
            cand --config 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --insecure 'Take every certificate; no stored credential is sent then'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;checks'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the catalogue'
            cand docs 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
            cand explain 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;checks;list'= {
            cand --revision 'Only what this revision has'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand --client 'What clients are graded by, and the traps, instead'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;checks;docs'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;checks;explain'= {
            cand --symptom 'What users see, in their words, e.g. "login works, then 401"'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;checks;help'= {
            cand list 'List the catalogue'
            cand docs 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
            cand explain 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;checks;help;list'= {
        }
        &'mcp-auth;checks;help;docs'= {
        }
        &'mcp-auth;checks;help;explain'= {
        }
        &'mcp-auth;checks;help;help'= {
        }
        &'mcp-auth;report'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand merge 'Join files that `probe --targets` wrote: one line a target, sorted'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;report;merge'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand --human 'For people'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;report;help'= {
            cand merge 'Join files that `probe --targets` wrote: one line a target, sorted'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;report;help;merge'= {
        }
        &'mcp-auth;report;help;help'= {
        }
        &'mcp-auth;explain'= {
            cand --symptom 'What users see, in their words, e.g. "login works, then 401"'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;completions'= {
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;man'= {
            cand --to 'The folder to write them to'
            cand --color 'Colours: on a terminal, always, or never'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;help'= {
            cand probe 'Walk the trail of a client and judge what it finds'
            cand login 'Log in to an MCP server and keep the tokens'
            cand logout 'Revoke the tokens of a login and forget it'
            cand token 'Show, check, list, refresh, revoke and introspect tokens'
            cand tools 'List the tools of an MCP server'
            cand call 'Call a tool of an MCP server'
            cand serve 'Run the reference deployment, right or wrong in named ways'
            cand browse 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing'
            cand mcp 'Serve probe, explain and token check to an assistant, as an MCP server over stdio'
            cand checks 'The catalogue of checks'
            cand report 'Join and count what `probe --targets` found'
            cand explain 'Explain a check, or find the cause of what users see'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page, or write one for every command'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;help;probe'= {
        }
        &'mcp-auth;help;login'= {
        }
        &'mcp-auth;help;logout'= {
        }
        &'mcp-auth;help;token'= {
            cand show 'Show a token: header and claims with what they mean'
            cand check 'Check a token against what the MCP server and its authorization server say'
            cand list 'List the stored logins'
            cand refresh 'Get a new access token with the stored refresh token'
            cand revoke 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
            cand introspect 'Ask the authorization server about a token (RFC 7662)'
        }
        &'mcp-auth;help;token;show'= {
        }
        &'mcp-auth;help;token;check'= {
        }
        &'mcp-auth;help;token;list'= {
        }
        &'mcp-auth;help;token;refresh'= {
        }
        &'mcp-auth;help;token;revoke'= {
        }
        &'mcp-auth;help;token;introspect'= {
        }
        &'mcp-auth;help;tools'= {
        }
        &'mcp-auth;help;call'= {
        }
        &'mcp-auth;help;serve'= {
        }
        &'mcp-auth;help;browse'= {
        }
        &'mcp-auth;help;mcp'= {
        }
        &'mcp-auth;help;checks'= {
            cand list 'List the catalogue'
            cand docs 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
            cand explain 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
        }
        &'mcp-auth;help;checks;list'= {
        }
        &'mcp-auth;help;checks;docs'= {
        }
        &'mcp-auth;help;checks;explain'= {
        }
        &'mcp-auth;help;report'= {
            cand merge 'Join files that `probe --targets` wrote: one line a target, sorted'
        }
        &'mcp-auth;help;report;merge'= {
        }
        &'mcp-auth;help;explain'= {
        }
        &'mcp-auth;help;completions'= {
        }
        &'mcp-auth;help;man'= {
        }
        &'mcp-auth;help;help'= {
        }
    ]
    $completions[$command]
}
