
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'mcp-auth' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'mcp-auth'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'mcp-auth' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Walk the trail of a client and judge what it finds')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to an MCP server and keep the tokens')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Revoke the tokens of a login and forget it')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Show, check, list, refresh, revoke and introspect tokens')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'List the tools of an MCP server')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a tool of an MCP server')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the reference deployment, right or wrong in named ways')
            [CompletionResult]::new('browse', 'browse', [CompletionResultType]::ParameterValue, 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing')
            [CompletionResult]::new('mcp', 'mcp', [CompletionResultType]::ParameterValue, 'Serve probe, explain and token check to an assistant, as an MCP server over stdio')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'The catalogue of checks')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Join and count what `probe --targets` found')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, or find the cause of what users see')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, or write one for every command')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;probe' {
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'The protocol revision to judge by [default: the newest the server negotiates]')
            [CompletionResult]::new('--targets', '--targets', [CompletionResultType]::ParameterName, 'Probe every URL of this list, one a line; `-` reads standard input')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Probes at once')
            [CompletionResult]::new('--per-host', '--per-host', [CompletionResultType]::ParameterName, 'Probes of one host at once')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part K of N of the list, e.g. 1/8; `/8` takes K from a Kubernetes Indexed Job')
            [CompletionResult]::new('--completion-index', '--completion-index', [CompletionResultType]::ParameterName, 'What Kubernetes says to each pod of an Indexed Job')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Run only these checks, and what they stand on; repeatable')
            [CompletionResult]::new('--pace', '--pace', [CompletionResultType]::ParameterName, 'The time between two unusual requests to one origin, in seconds [default: 1, on this machine 0]')
            [CompletionResult]::new('--step-up-tool', '--step-up-tool', [CompletionResultType]::ParameterName, 'A tool that needs more scope than a login asks for first; with its arguments, as NAME={"size":1}, if it has some')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'A good token, instead of a login''s [also: MCP_AUTH_TOKEN]')
            [CompletionResult]::new('--foreign-token-file', '--foreign-token-file', [CompletionResultType]::ParameterName, 'A token of the same authorization server that was made for another resource (or one of another authorization server): is it let in? [env: MCP_AUTH_FOREIGN_TOKEN]')
            [CompletionResult]::new('--expired-token-file', '--expired-token-file', [CompletionResultType]::ParameterName, 'A token for this server that has expired [env: MCP_AUTH_EXPIRED_TOKEN]')
            [CompletionResult]::new('--second-token-file', '--second-token-file', [CompletionResultType]::ParameterName, 'A good token of a second account: does it open what belongs to the first? [env: MCP_AUTH_SECOND_TOKEN]')
            [CompletionResult]::new('--upstream-token-file', '--upstream-token-file', [CompletionResultType]::ParameterName, 'A token for the API behind the MCP server: is it let in? [env: MCP_AUTH_UPSTREAM_TOKEN]')
            [CompletionResult]::new('--tool', '--tool', [CompletionResultType]::ParameterName, 'A tool that may be called, best one that asks the user something; with its arguments, as NAME={"size":1}')
            [CompletionResult]::new('--implies', '--implies', [CompletionResultType]::ParameterName, 'A scope that implies another, which the tool needs: is it taken for it?')
            [CompletionResult]::new('--signing-key', '--signing-key', [CompletionResultType]::ParameterName, 'The private key (PEM) that the MCP server trusts: signs tokens with one thing wrong each')
            [CompletionResult]::new('--identity-key', '--identity-key', [CompletionResultType]::ParameterName, 'The private key (PEM) of an identity provider that the authorization server trusts: signs identity assertions (ID-JAG) with one thing wrong each')
            [CompletionResult]::new('--identity-issuer', '--identity-issuer', [CompletionResultType]::ParameterName, 'The issuer of that identity provider')
            [CompletionResult]::new('--identity-subject', '--identity-subject', [CompletionResultType]::ParameterName, 'The user, or with `--ext wif` the workload, that it speaks of')
            [CompletionResult]::new('--ext', '--ext', [CompletionResultType]::ParameterName, 'Try this extension though it is not advertised: dpop, cc, ema or wif; repeatable')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'The way to a token')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'The scope to ask for, instead of what the server suggests')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The port to listen on for the redirect [default: a free one]')
            [CompletionResult]::new('--callback-path', '--callback-path', [CompletionResultType]::ParameterName, 'The path of the redirect URI')
            [CompletionResult]::new('--login-timeout', '--login-timeout', [CompletionResultType]::ParameterName, 'How long to wait for you, in seconds')
            [CompletionResult]::new('--client-issuer', '--client-issuer', [CompletionResultType]::ParameterName, 'The issuer that --client-id belongs to; with any other one the login stops')
            [CompletionResult]::new('--client-metadata-url', '--client-metadata-url', [CompletionResultType]::ParameterName, 'The URL of a hosted client ID metadata document')
            [CompletionResult]::new('--idp-token-endpoint', '--idp-token-endpoint', [CompletionResultType]::ParameterName, 'With id-jag: the token endpoint of the identity provider')
            [CompletionResult]::new('--idp-client-id', '--idp-client-id', [CompletionResultType]::ParameterName, 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET')
            [CompletionResult]::new('--id-token-file', '--id-token-file', [CompletionResultType]::ParameterName, 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]')
            [CompletionResult]::new('--assertion-file', '--assertion-file', [CompletionResultType]::ParameterName, 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--challenge-tool', '--challenge-tool', [CompletionResultType]::ParameterName, 'A tool to call without a token, for servers that refuse only there')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Judge a saved trail instead of a network')
            [CompletionResult]::new('--save', '--save', [CompletionResultType]::ParameterName, 'Save the trail, without credentials')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The format on standard output')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The format on standard output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write a further format to a file; repeatable')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write a further format to a file; repeatable')
            [CompletionResult]::new('--bundle', '--bundle', [CompletionResultType]::ParameterName, 'Write an archive for a ticket: record and reports, without credentials, with a list of them')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least that makes the exit code 1: must, should, advice or never [default: must]')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'What the server is expected to be; anything else makes the exit code 1')
            [CompletionResult]::new('--compare', '--compare', [CompletionResultType]::ParameterName, 'Compare with another deployment or saved trail; the exit code is 1 where the target is worse')
            [CompletionResult]::new('--from-config', '--from-config', [CompletionResultType]::ParameterName, 'Probe the servers that editors declare (Claude, VS Code, Cursor, Windsurf), or those of one file')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Known findings: only others make the exit code 1')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--passive', '--passive', [CompletionResultType]::ParameterName, 'Read public documents only; send nothing to the MCP server itself')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Log in, too, and make one authorized request; the login is kept')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Go on with a run that was interrupted: leave out what the file of --output has already')
            [CompletionResult]::new('--active', '--active', [CompletionResultType]::ParameterName, 'Send bad requests to the authorization server, too, and unusual ones to the MCP server; nothing is created')
            [CompletionResult]::new('--intrusive', '--intrusive', [CompletionResultType]::ParameterName, 'Register clients, use up codes and tokens (implies --active); removes what it created, or lists it')
            [CompletionResult]::new('--slow', '--slow', [CompletionResultType]::ParameterName, 'Wait ten minutes for a code to grow old, at the end')
            [CompletionResult]::new('--user-agents', '--user-agents', [CompletionResultType]::ParameterName, 'Ask under the names of other programs, too: does a firewall refuse some clients?')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask before an intrusive run')
            [CompletionResult]::new('--i-am-authorized', '--i-am-authorized', [CompletionResultType]::ParameterName, 'Say that you may test this deployment so')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Log in on another device; short for --grant device')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the URL and let me open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Read the address that the browser ends at from standard input [default: on a terminal]')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key (DPoP) even if nobody asks for it')
            [CompletionResult]::new('--lenient-issuer', '--lenient-issuer', [CompletionResultType]::ParameterName, 'Overlook a slash after the host by which two issuers differ')
            [CompletionResult]::new('--assume-pkce', '--assume-pkce', [CompletionResultType]::ParameterName, 'Go on where the metadata does not promise PKCE')
            [CompletionResult]::new('--no-resource', '--no-resource', [CompletionResultType]::ParameterName, 'Send no `resource`, to see whether the authorization server minds it')
            [CompletionResult]::new('--clients', '--clients', [CompletionResultType]::ParameterName, 'Say which clients can use the server, too: Claude, ChatGPT, VS Code, Cursor and others')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Count tolerated deviations as failures')
            [CompletionResult]::new('--exit-zero', '--exit-zero', [CompletionResultType]::ParameterName, 'Exit 0 whatever is found')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write the findings of this run to the baseline, and exit 0')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;login' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'The way to a token')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'The scope to ask for, instead of what the server suggests')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The port to listen on for the redirect [default: a free one]')
            [CompletionResult]::new('--callback-path', '--callback-path', [CompletionResultType]::ParameterName, 'The path of the redirect URI')
            [CompletionResult]::new('--login-timeout', '--login-timeout', [CompletionResultType]::ParameterName, 'How long to wait for you, in seconds')
            [CompletionResult]::new('--client-issuer', '--client-issuer', [CompletionResultType]::ParameterName, 'The issuer that --client-id belongs to; with any other one the login stops')
            [CompletionResult]::new('--client-metadata-url', '--client-metadata-url', [CompletionResultType]::ParameterName, 'The URL of a hosted client ID metadata document')
            [CompletionResult]::new('--idp-token-endpoint', '--idp-token-endpoint', [CompletionResultType]::ParameterName, 'With id-jag: the token endpoint of the identity provider')
            [CompletionResult]::new('--idp-client-id', '--idp-client-id', [CompletionResultType]::ParameterName, 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET')
            [CompletionResult]::new('--id-token-file', '--id-token-file', [CompletionResultType]::ParameterName, 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]')
            [CompletionResult]::new('--assertion-file', '--assertion-file', [CompletionResultType]::ParameterName, 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print what was kept as JSON, without the tokens')
            [CompletionResult]::new('--no-try', '--no-try', [CompletionResultType]::ParameterName, 'Do not try the token at the MCP server afterwards')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Log in on another device; short for --grant device')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the URL and let me open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Read the address that the browser ends at from standard input [default: on a terminal]')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key (DPoP) even if nobody asks for it')
            [CompletionResult]::new('--lenient-issuer', '--lenient-issuer', [CompletionResultType]::ParameterName, 'Overlook a slash after the host by which two issuers differ')
            [CompletionResult]::new('--assume-pkce', '--assume-pkce', [CompletionResultType]::ParameterName, 'Go on where the metadata does not promise PKCE')
            [CompletionResult]::new('--no-resource', '--no-resource', [CompletionResultType]::ParameterName, 'Send no `resource`, to see whether the authorization server minds it')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;logout' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Forget every login of this profile')
            [CompletionResult]::new('--local', '--local', [CompletionResultType]::ParameterName, 'Only forget; tell the authorization server nothing')
            [CompletionResult]::new('--forget-client', '--forget-client', [CompletionResultType]::ParameterName, 'Delete the client registration, too (RFC 7592)')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a token: header and claims with what they mean')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a token against what the MCP server and its authorization server say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the stored logins')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Get a new access token with the stored refresh token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them')
            [CompletionResult]::new('introspect', 'introspect', [CompletionResultType]::ParameterValue, 'Ask the authorization server about a token (RFC 7662)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;token;show' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON: header and claims')
            [CompletionResult]::new('--bare', '--bare', [CompletionResultType]::ParameterName, 'The token itself and nothing else, for scripts')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'The token as the line of a request header')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;check' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Without an MCP server: the issuer that is expected')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Without an MCP server: the audience that is expected')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Without an MCP server: where the keys are [default: from the metadata of the issuer]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;refresh' {
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;revoke' {
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;introspect' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Without an MCP server: the issuer that is expected')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'Without an MCP server: the audience that is expected')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Without an MCP server: where the keys are [default: from the metadata of the issuer]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;token;help' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a token: header and claims with what they mean')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a token against what the MCP server and its authorization server say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the stored logins')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Get a new access token with the stored refresh token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them')
            [CompletionResult]::new('introspect', 'introspect', [CompletionResultType]::ParameterValue, 'Ask the authorization server about a token (RFC 7662)')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;token;help;show' {
            break
        }
        'mcp-auth;token;help;check' {
            break
        }
        'mcp-auth;token;help;list' {
            break
        }
        'mcp-auth;token;help;refresh' {
            break
        }
        'mcp-auth;token;help;revoke' {
            break
        }
        'mcp-auth;token;help;introspect' {
            break
        }
        'mcp-auth;token;help;help' {
            break
        }
        'mcp-auth;tools' {
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'The protocol revision to speak [default: what the server negotiates]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'The way to a token')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'The scope to ask for, instead of what the server suggests')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The port to listen on for the redirect [default: a free one]')
            [CompletionResult]::new('--callback-path', '--callback-path', [CompletionResultType]::ParameterName, 'The path of the redirect URI')
            [CompletionResult]::new('--login-timeout', '--login-timeout', [CompletionResultType]::ParameterName, 'How long to wait for you, in seconds')
            [CompletionResult]::new('--client-issuer', '--client-issuer', [CompletionResultType]::ParameterName, 'The issuer that --client-id belongs to; with any other one the login stops')
            [CompletionResult]::new('--client-metadata-url', '--client-metadata-url', [CompletionResultType]::ParameterName, 'The URL of a hosted client ID metadata document')
            [CompletionResult]::new('--idp-token-endpoint', '--idp-token-endpoint', [CompletionResultType]::ParameterName, 'With id-jag: the token endpoint of the identity provider')
            [CompletionResult]::new('--idp-client-id', '--idp-client-id', [CompletionResultType]::ParameterName, 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET')
            [CompletionResult]::new('--id-token-file', '--id-token-file', [CompletionResultType]::ParameterName, 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]')
            [CompletionResult]::new('--assertion-file', '--assertion-file', [CompletionResultType]::ParameterName, 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'The tools as the server lists them')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Log in where that is needed, also without a terminal')
            [CompletionResult]::new('--no-login', '--no-login', [CompletionResultType]::ParameterName, 'Never log in')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Log in on another device; short for --grant device')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the URL and let me open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Read the address that the browser ends at from standard input [default: on a terminal]')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key (DPoP) even if nobody asks for it')
            [CompletionResult]::new('--lenient-issuer', '--lenient-issuer', [CompletionResultType]::ParameterName, 'Overlook a slash after the host by which two issuers differ')
            [CompletionResult]::new('--assume-pkce', '--assume-pkce', [CompletionResultType]::ParameterName, 'Go on where the metadata does not promise PKCE')
            [CompletionResult]::new('--no-resource', '--no-resource', [CompletionResultType]::ParameterName, 'Send no `resource`, to see whether the authorization server minds it')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;call' {
            [CompletionResult]::new('--args', '--args', [CompletionResultType]::ParameterName, 'Arguments as one JSON object: the JSON itself, @FILE, or - for standard input; each KEY comes on top')
            [CompletionResult]::new('--answer', '--answer', [CompletionResultType]::ParameterName, 'What to answer if the tool asks for input: a JSON object, @FILE, or -; what is missing takes the defaults of the question')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'The protocol revision to speak [default: what the server negotiates]')
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--grant', '--grant', [CompletionResultType]::ParameterName, 'The way to a token')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'The scope to ask for, instead of what the server suggests')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The port to listen on for the redirect [default: a free one]')
            [CompletionResult]::new('--callback-path', '--callback-path', [CompletionResultType]::ParameterName, 'The path of the redirect URI')
            [CompletionResult]::new('--login-timeout', '--login-timeout', [CompletionResultType]::ParameterName, 'How long to wait for you, in seconds')
            [CompletionResult]::new('--client-issuer', '--client-issuer', [CompletionResultType]::ParameterName, 'The issuer that --client-id belongs to; with any other one the login stops')
            [CompletionResult]::new('--client-metadata-url', '--client-metadata-url', [CompletionResultType]::ParameterName, 'The URL of a hosted client ID metadata document')
            [CompletionResult]::new('--idp-token-endpoint', '--idp-token-endpoint', [CompletionResultType]::ParameterName, 'With id-jag: the token endpoint of the identity provider')
            [CompletionResult]::new('--idp-client-id', '--idp-client-id', [CompletionResultType]::ParameterName, 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET')
            [CompletionResult]::new('--id-token-file', '--id-token-file', [CompletionResultType]::ParameterName, 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]')
            [CompletionResult]::new('--assertion-file', '--assertion-file', [CompletionResultType]::ParameterName, 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]')
            [CompletionResult]::new('--client-id', '--client-id', [CompletionResultType]::ParameterName, 'The id of a client that was registered by hand')
            [CompletionResult]::new('--client-secret-file', '--client-secret-file', [CompletionResultType]::ParameterName, 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]')
            [CompletionResult]::new('--client-auth', '--client-auth', [CompletionResultType]::ParameterName, 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'A file with its private key in PEM, for private_key_jwt')
            [CompletionResult]::new('--client-alg', '--client-alg', [CompletionResultType]::ParameterName, 'The algorithm of the key [default: what it is made for]')
            [CompletionResult]::new('--client-kid', '--client-kid', [CompletionResultType]::ParameterName, 'The id of the key')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print the whole result as the server sent it, as JSON, also where the tool says that it failed')
            [CompletionResult]::new('--login', '--login', [CompletionResultType]::ParameterName, 'Log in where that is needed, also without a terminal')
            [CompletionResult]::new('--no-login', '--no-login', [CompletionResultType]::ParameterName, 'Never log in')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Log in on another device; short for --grant device')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Print the URL and let me open it')
            [CompletionResult]::new('--paste', '--paste', [CompletionResultType]::ParameterName, 'Read the address that the browser ends at from standard input [default: on a terminal]')
            [CompletionResult]::new('--dpop', '--dpop', [CompletionResultType]::ParameterName, 'Bind the tokens to a key (DPoP) even if nobody asks for it')
            [CompletionResult]::new('--lenient-issuer', '--lenient-issuer', [CompletionResultType]::ParameterName, 'Overlook a slash after the host by which two issuers differ')
            [CompletionResult]::new('--assume-pkce', '--assume-pkce', [CompletionResultType]::ParameterName, 'Go on where the metadata does not promise PKCE')
            [CompletionResult]::new('--no-resource', '--no-resource', [CompletionResultType]::ParameterName, 'Send no `resource`, to see whether the authorization server minds it')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;serve' {
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Plant a defect; repeatable. The id of a check stands for its first fault')
            [CompletionResult]::new('--posture', '--posture', [CompletionResultType]::ParameterName, 'The shape of the deployment')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Wait this long before each answer, in milliseconds')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'The least that is logged: nothing but troubles, or every request (method, path, status), as text or JSON lines')
            [CompletionResult]::new('--lab', '--lab', [CompletionResultType]::ParameterName, 'Hand out the private key that access tokens are signed with (PEM), for `probe --signing-key`; a client may then describe itself on this machine, too')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'The address to listen at, perhaps with the port of the MCP server; beyond this machine it needs --tls-cert or --insecure-http')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The port of the MCP server; 0 takes a free one [default: 8700]')
            [CompletionResult]::new('--authority-port', '--authority-port', [CompletionResultType]::ParameterName, 'The port of the authorization server; 0 takes a free one [default: 8701]')
            [CompletionResult]::new('--public-url', '--public-url', [CompletionResultType]::ParameterName, 'The origin under which clients reach it, where that is another: https://mcp.example.com. Without --authority-url the authorization server shares it')
            [CompletionResult]::new('--authority-url', '--authority-url', [CompletionResultType]::ParameterName, 'The same for the authorization server, where it has an origin of its own')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'A further host name by which it may be addressed; repeatable')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'The certificate to show and those that vouch for it (PEM)')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'The private key of the certificate (PEM)')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Where to write the private certificate authority of the https posture')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Keep clients, codes, tokens and keys: in a file, or in a Redis or Valkey that replicas share [default: memory]')
            [CompletionResult]::new('--accounts', '--accounts', [CompletionResultType]::ParameterName, 'Who can sign in: a file with a line NAME:PASSWORD for each [default: alice and bob, with a known password]')
            [CompletionResult]::new('--clients', '--clients', [CompletionResultType]::ParameterName, 'The clients known from the start: a JSON list of {client_id, client_secret, redirect_uris}; without a secret a client is public [default: mcp-auth-public]')
            [CompletionResult]::new('--token-lifetime', '--token-lifetime', [CompletionResultType]::ParameterName, 'How long access tokens live, in seconds')
            [CompletionResult]::new('--alg', '--alg', [CompletionResultType]::ParameterName, 'The algorithm of access tokens: ES256, RS256 or EdDSA')
            [CompletionResult]::new('--rotate-keys', '--rotate-keys', [CompletionResultType]::ParameterName, 'Replace the signing keys this often, in seconds [default: never]')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'Protect the search server with the authorization server of this issuer')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'The same for a known service: its settings by --set, what is left to do there is printed')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'A setting of the provider; repeatable')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'An audience that tokens may name instead of the MCP URL; repeatable')
            [CompletionResult]::new('--token-issuer', '--token-issuer', [CompletionResultType]::ParameterName, 'An issuer that tokens may name besides; repeatable')
            [CompletionResult]::new('--token-client', '--token-client', [CompletionResultType]::ParameterName, 'A client whose tokens are taken although they name no audience; repeatable')
            [CompletionResult]::new('--scope-claim', '--scope-claim', [CompletionResultType]::ParameterName, 'The claim that holds the scopes [default: the first of scope, scp, scopes]')
            [CompletionResult]::new('--map-scope', '--map-scope', [CompletionResultType]::ParameterName, 'What it calls one of our scopes (search:read, search:write, search:admin); repeatable')
            [CompletionResult]::new('--introspection-id', '--introspection-id', [CompletionResultType]::ParameterName, 'Our client id at its introspection endpoint; the secret is read from MCP_AUTH_INTROSPECTION_SECRET')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too, when it is asked')
            [CompletionResult]::new('--docs', '--docs', [CompletionResultType]::ParameterName, 'Search the Markdown and text of this folder [default: this program''s own catalogue of checks]')
            [CompletionResult]::new('--search', '--search', [CompletionResultType]::ParameterName, 'Search the web with this service: tavily; its key is read from MCP_AUTH_TAVILY_KEY or TAVILY_API_KEY')
            [CompletionResult]::new('--search-url', '--search-url', [CompletionResultType]::ParameterName, 'Where the service is, if not at its usual place')
            [CompletionResult]::new('--trap', '--trap', [CompletionResultType]::ParameterName, 'Set a trap: something that a correct client must refuse or survive; repeatable. Without a name: list them')
            [CompletionResult]::new('--traps', '--traps', [CompletionResultType]::ParameterName, 'Grade in a series of runs: without a trap, then trap by trap. `all`, or names with commas')
            [CompletionResult]::new('--until-idle', '--until-idle', [CompletionResultType]::ParameterName, 'A run ends when nothing came for so long [default with a command: 30]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Judge by this protocol revision [default: the one that the client speaks]')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'The format of the report on standard output')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The format of the report on standard output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write a further format to a file; repeatable')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write a further format to a file; repeatable')
            [CompletionResult]::new('--save', '--save', [CompletionResultType]::ParameterName, 'Save what the client did, without credentials')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least that makes the exit code 1: must, should, advice or never')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List every fault, with the check it trips, and every posture')
            [CompletionResult]::new('--insecure-http', '--insecure-http', [CompletionResultType]::ParameterName, 'Listen beyond this machine without TLS: something in front of it ends TLS, or the network is closed')
            [CompletionResult]::new('--auto-approve', '--auto-approve', [CompletionResultType]::ParameterName, 'Approve every request in the name of the first account, without a page')
            [CompletionResult]::new('--introspect', '--introspect', [CompletionResultType]::ParameterName, 'Ask about every token, JWTs too: what is revoked ends at once')
            [CompletionResult]::new('--grade-client', '--grade-client', [CompletionResultType]::ParameterName, 'Grade the client that connects: record what it does, show it at the page that is named, report at the end')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;browse' {
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'The origin that is told of it')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;mcp' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Keep several accounts apart')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Where to remember logins')
            [CompletionResult]::new('--state-dir', '--state-dir', [CompletionResultType]::ParameterName, 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificate authorities of this PEM file, too')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Send this header to the MCP server''s origin; repeatable')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Use this address for this host; repeatable')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The longest time for one request, in seconds')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Send everything through this proxy')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Take every certificate; no stored credential is sent then')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;checks' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the catalogue')
            [CompletionResult]::new('docs', 'docs', [CompletionResultType]::ParameterValue, 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;checks;list' {
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Only what this revision has')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'What clients are graded by, and the traps, instead')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;checks;docs' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;checks;explain' {
            [CompletionResult]::new('--symptom', '--symptom', [CompletionResultType]::ParameterName, 'What users see, in their words, e.g. "login works, then 401"')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;checks;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the catalogue')
            [CompletionResult]::new('docs', 'docs', [CompletionResultType]::ParameterValue, 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;checks;help;list' {
            break
        }
        'mcp-auth;checks;help;docs' {
            break
        }
        'mcp-auth;checks;help;explain' {
            break
        }
        'mcp-auth;checks;help;help' {
            break
        }
        'mcp-auth;report' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Join files that `probe --targets` wrote: one line a target, sorted')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;report;merge' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--human', '--human', [CompletionResultType]::ParameterName, 'For people')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;report;help' {
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Join files that `probe --targets` wrote: one line a target, sorted')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;report;help;merge' {
            break
        }
        'mcp-auth;report;help;help' {
            break
        }
        'mcp-auth;explain' {
            [CompletionResult]::new('--symptom', '--symptom', [CompletionResultType]::ParameterName, 'What users see, in their words, e.g. "login works, then 401"')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'As JSON')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;man' {
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'The folder to write them to')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours: on a terminal, always, or never')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell more: the trail of requests, and every note in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing but results')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'mcp-auth;help' {
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Walk the trail of a client and judge what it finds')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to an MCP server and keep the tokens')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Revoke the tokens of a login and forget it')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Show, check, list, refresh, revoke and introspect tokens')
            [CompletionResult]::new('tools', 'tools', [CompletionResultType]::ParameterValue, 'List the tools of an MCP server')
            [CompletionResult]::new('call', 'call', [CompletionResultType]::ParameterValue, 'Call a tool of an MCP server')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run the reference deployment, right or wrong in named ways')
            [CompletionResult]::new('browse', 'browse', [CompletionResultType]::ParameterValue, 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing')
            [CompletionResult]::new('mcp', 'mcp', [CompletionResultType]::ParameterValue, 'Serve probe, explain and token check to an assistant, as an MCP server over stdio')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'The catalogue of checks')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Join and count what `probe --targets` found')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a check, or find the cause of what users see')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, or write one for every command')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'mcp-auth;help;probe' {
            break
        }
        'mcp-auth;help;login' {
            break
        }
        'mcp-auth;help;logout' {
            break
        }
        'mcp-auth;help;token' {
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a token: header and claims with what they mean')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a token against what the MCP server and its authorization server say')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the stored logins')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Get a new access token with the stored refresh token')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them')
            [CompletionResult]::new('introspect', 'introspect', [CompletionResultType]::ParameterValue, 'Ask the authorization server about a token (RFC 7662)')
            break
        }
        'mcp-auth;help;token;show' {
            break
        }
        'mcp-auth;help;token;check' {
            break
        }
        'mcp-auth;help;token;list' {
            break
        }
        'mcp-auth;help;token;refresh' {
            break
        }
        'mcp-auth;help;token;revoke' {
            break
        }
        'mcp-auth;help;token;introspect' {
            break
        }
        'mcp-auth;help;tools' {
            break
        }
        'mcp-auth;help;call' {
            break
        }
        'mcp-auth;help;serve' {
            break
        }
        'mcp-auth;help;browse' {
            break
        }
        'mcp-auth;help;mcp' {
            break
        }
        'mcp-auth;help;checks' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the catalogue')
            [CompletionResult]::new('docs', 'docs', [CompletionResultType]::ParameterValue, 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail')
            break
        }
        'mcp-auth;help;checks;list' {
            break
        }
        'mcp-auth;help;checks;docs' {
            break
        }
        'mcp-auth;help;checks;explain' {
            break
        }
        'mcp-auth;help;report' {
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Join files that `probe --targets` wrote: one line a target, sorted')
            break
        }
        'mcp-auth;help;report;merge' {
            break
        }
        'mcp-auth;help;explain' {
            break
        }
        'mcp-auth;help;completions' {
            break
        }
        'mcp-auth;help;man' {
            break
        }
        'mcp-auth;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
