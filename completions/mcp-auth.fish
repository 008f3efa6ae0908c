# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mcp_auth_global_optspecs
    string join \n color= v/verbose q/quiet h/help V/version
end

function __fish_mcp_auth_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mcp_auth_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mcp_auth_using_subcommand
    set -l cmd (__fish_mcp_auth_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -s V -l version -d 'Print version'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "probe" -d 'Walk the trail of a client and judge what it finds'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "login" -d 'Log in to an MCP server and keep the tokens'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "logout" -d 'Revoke the tokens of a login and forget it'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "token" -d 'Show, check, list, refresh, revoke and introspect tokens'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "tools" -d 'List the tools of an MCP server'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "call" -d 'Call a tool of an MCP server'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "serve" -d 'Run the reference deployment, right or wrong in named ways'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "browse" -d 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "mcp" -d 'Serve probe, explain and token check to an assistant, as an MCP server over stdio'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "checks" -d 'The catalogue of checks'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "report" -d 'Join and count what `probe --targets` found'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "explain" -d 'Explain a check, or find the cause of what users see'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "man" -d 'Print the manual page, or write one for every command'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l revision -d 'The protocol revision to judge by [default: the newest the server negotiates]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l targets -d 'Probe every URL of this list, one a line; `-` reads standard input' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l jobs -d 'Probes at once' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l per-host -d 'Probes of one host at once' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l shard -d 'Take only part K of N of the list, e.g. 1/8; `/8` takes K from a Kubernetes Indexed Job' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l completion-index -d 'What Kubernetes says to each pod of an Indexed Job' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l only -d 'Run only these checks, and what they stand on; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l pace -d 'The time between two unusual requests to one origin, in seconds [default: 1, on this machine 0]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l step-up-tool -d 'A tool that needs more scope than a login asks for first; with its arguments, as NAME={"size":1}, if it has some' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l token-file -d 'A good token, instead of a login\'s [also: MCP_AUTH_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l foreign-token-file -d 'A token of the same authorization server that was made for another resource (or one of another authorization server): is it let in? [env: MCP_AUTH_FOREIGN_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l expired-token-file -d 'A token for this server that has expired [env: MCP_AUTH_EXPIRED_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l second-token-file -d 'A good token of a second account: does it open what belongs to the first? [env: MCP_AUTH_SECOND_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l upstream-token-file -d 'A token for the API behind the MCP server: is it let in? [env: MCP_AUTH_UPSTREAM_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l tool -d 'A tool that may be called, best one that asks the user something; with its arguments, as NAME={"size":1}' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l implies -d 'A scope that implies another, which the tool needs: is it taken for it?' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l signing-key -d 'The private key (PEM) that the MCP server trusts: signs tokens with one thing wrong each' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l identity-key -d 'The private key (PEM) of an identity provider that the authorization server trusts: signs identity assertions (ID-JAG) with one thing wrong each' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l identity-issuer -d 'The issuer of that identity provider' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l identity-subject -d 'The user, or with `--ext wif` the workload, that it speaks of' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l ext -d 'Try this extension though it is not advertised: dpop, cc, ema or wif; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l grant -d 'The way to a token' -r -f -a "code\t'Authorization code with PKCE, in a browser'
device\t'Device authorization (RFC 8628)'
client-credentials\t'Client credentials, for machines'
id-jag\t'Enterprise-managed authorization: an ID token of the identity provider'
jwt-bearer\t'Workload identity: an assertion of the platform'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l scope -d 'The scope to ask for, instead of what the server suggests' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l browser -d 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l listen -d 'The port to listen on for the redirect [default: a free one]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l callback-path -d 'The path of the redirect URI' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l login-timeout -d 'How long to wait for you, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-issuer -d 'The issuer that --client-id belongs to; with any other one the login stops' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-metadata-url -d 'The URL of a hosted client ID metadata document' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l idp-token-endpoint -d 'With id-jag: the token endpoint of the identity provider' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l idp-client-id -d 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l id-token-file -d 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l assertion-file -d 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l challenge-tool -d 'A tool to call without a token, for servers that refuse only there' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l from -d 'Judge a saved trail instead of a network' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l save -d 'Save the trail, without credentials' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s f -l format -d 'The format on standard output' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s o -l output -d 'Write a further format to a file; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l bundle -d 'Write an archive for a ticket: record and reports, without credentials, with a list of them' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l fail-on -d 'The least that makes the exit code 1: must, should, advice or never [default: must]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l expect -d 'What the server is expected to be; anything else makes the exit code 1' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l compare -d 'Compare with another deployment or saved trail; the exit code is 1 where the target is worse' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l from-config -d 'Probe the servers that editors declare (Claude, VS Code, Cursor, Windsurf), or those of one file' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l baseline -d 'Known findings: only others make the exit code 1' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l passive -d 'Read public documents only; send nothing to the MCP server itself'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l login -d 'Log in, too, and make one authorized request; the login is kept'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l resume -d 'Go on with a run that was interrupted: leave out what the file of --output has already'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l active -d 'Send bad requests to the authorization server, too, and unusual ones to the MCP server; nothing is created'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l intrusive -d 'Register clients, use up codes and tokens (implies --active); removes what it created, or lists it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l slow -d 'Wait ten minutes for a code to grow old, at the end'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l user-agents -d 'Ask under the names of other programs, too: does a firewall refuse some clients?'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l yes -d 'Do not ask before an intrusive run'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l i-am-authorized -d 'Say that you may test this deployment so'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l device -d 'Log in on another device; short for --grant device'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l no-browser -d 'Print the URL and let me open it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l paste -d 'Read the address that the browser ends at from standard input [default: on a terminal]'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l dpop -d 'Bind the tokens to a key (DPoP) even if nobody asks for it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l lenient-issuer -d 'Overlook a slash after the host by which two issuers differ'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l assume-pkce -d 'Go on where the metadata does not promise PKCE'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l no-resource -d 'Send no `resource`, to see whether the authorization server minds it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l clients -d 'Say which clients can use the server, too: Claude, ChatGPT, VS Code, Cursor and others'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l strict -d 'Count tolerated deviations as failures'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l exit-zero -d 'Exit 0 whatever is found'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l write-baseline -d 'Write the findings of this run to the baseline, and exit 0'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l grant -d 'The way to a token' -r -f -a "code\t'Authorization code with PKCE, in a browser'
device\t'Device authorization (RFC 8628)'
client-credentials\t'Client credentials, for machines'
id-jag\t'Enterprise-managed authorization: an ID token of the identity provider'
jwt-bearer\t'Workload identity: an assertion of the platform'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l scope -d 'The scope to ask for, instead of what the server suggests' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l browser -d 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l listen -d 'The port to listen on for the redirect [default: a free one]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l callback-path -d 'The path of the redirect URI' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l login-timeout -d 'How long to wait for you, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-issuer -d 'The issuer that --client-id belongs to; with any other one the login stops' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-metadata-url -d 'The URL of a hosted client ID metadata document' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l idp-token-endpoint -d 'With id-jag: the token endpoint of the identity provider' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l idp-client-id -d 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l id-token-file -d 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l assertion-file -d 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l json -d 'Print what was kept as JSON, without the tokens'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l no-try -d 'Do not try the token at the MCP server afterwards'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l device -d 'Log in on another device; short for --grant device'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l no-browser -d 'Print the URL and let me open it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l paste -d 'Read the address that the browser ends at from standard input [default: on a terminal]'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l dpop -d 'Bind the tokens to a key (DPoP) even if nobody asks for it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l lenient-issuer -d 'Overlook a slash after the host by which two issuers differ'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l assume-pkce -d 'Go on where the metadata does not promise PKCE'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l no-resource -d 'Send no `resource`, to see whether the authorization server minds it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l all -d 'Forget every login of this profile'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l local -d 'Only forget; tell the authorization server nothing'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l forget-client -d 'Delete the client registration, too (RFC 7592)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "show" -d 'Show a token: header and claims with what they mean'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "check" -d 'Check a token against what the MCP server and its authorization server say'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "list" -d 'List the stored logins'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "refresh" -d 'Get a new access token with the stored refresh token'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "revoke" -d 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "introspect" -d 'Ask the authorization server about a token (RFC 7662)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and not __fish_seen_subcommand_from show check list refresh revoke introspect help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l json -d 'As JSON: header and claims'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l bare -d 'The token itself and nothing else, for scripts'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -l header -d 'The token as the line of a request header'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l server -d 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l issuer -d 'Without an MCP server: the issuer that is expected' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l audience -d 'Without an MCP server: the audience that is expected' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l jwks -d 'Without an MCP server: where the keys are [default: from the metadata of the issuer]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from refresh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l server -d 'The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of mcp-auth.toml' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l issuer -d 'Without an MCP server: the issuer that is expected' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l audience -d 'Without an MCP server: the audience that is expected' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l jwks -d 'Without an MCP server: where the keys are [default: from the metadata of the issuer]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from introspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a token: header and claims with what they mean'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a token against what the MCP server and its authorization server say'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the stored logins'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "refresh" -d 'Get a new access token with the stored refresh token'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "introspect" -d 'Ask the authorization server about a token (RFC 7662)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand token; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l server -d 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l revision -d 'The protocol revision to speak [default: what the server negotiates]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l token-file -d 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l grant -d 'The way to a token' -r -f -a "code\t'Authorization code with PKCE, in a browser'
device\t'Device authorization (RFC 8628)'
client-credentials\t'Client credentials, for machines'
id-jag\t'Enterprise-managed authorization: an ID token of the identity provider'
jwt-bearer\t'Workload identity: an assertion of the platform'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l scope -d 'The scope to ask for, instead of what the server suggests' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l browser -d 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l listen -d 'The port to listen on for the redirect [default: a free one]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l callback-path -d 'The path of the redirect URI' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l login-timeout -d 'How long to wait for you, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-issuer -d 'The issuer that --client-id belongs to; with any other one the login stops' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-metadata-url -d 'The URL of a hosted client ID metadata document' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l idp-token-endpoint -d 'With id-jag: the token endpoint of the identity provider' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l idp-client-id -d 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l id-token-file -d 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l assertion-file -d 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l json -d 'The tools as the server lists them'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l login -d 'Log in where that is needed, also without a terminal'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l no-login -d 'Never log in'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l device -d 'Log in on another device; short for --grant device'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l no-browser -d 'Print the URL and let me open it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l paste -d 'Read the address that the browser ends at from standard input [default: on a terminal]'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l dpop -d 'Bind the tokens to a key (DPoP) even if nobody asks for it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l lenient-issuer -d 'Overlook a slash after the host by which two issuers differ'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l assume-pkce -d 'Go on where the metadata does not promise PKCE'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l no-resource -d 'Send no `resource`, to see whether the authorization server minds it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand tools" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l args -d 'Arguments as one JSON object: the JSON itself, @FILE, or - for standard input; each KEY comes on top' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l answer -d 'What to answer if the tool asks for input: a JSON object, @FILE, or -; what is missing takes the defaults of the question' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l server -d 'The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l revision -d 'The protocol revision to speak [default: what the server negotiates]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l token-file -d 'Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l grant -d 'The way to a token' -r -f -a "code\t'Authorization code with PKCE, in a browser'
device\t'Device authorization (RFC 8628)'
client-credentials\t'Client credentials, for machines'
id-jag\t'Enterprise-managed authorization: an ID token of the identity provider'
jwt-bearer\t'Workload identity: an assertion of the platform'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l scope -d 'The scope to ask for, instead of what the server suggests' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l browser -d 'The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l listen -d 'The port to listen on for the redirect [default: a free one]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l callback-path -d 'The path of the redirect URI' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l login-timeout -d 'How long to wait for you, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-issuer -d 'The issuer that --client-id belongs to; with any other one the login stops' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-metadata-url -d 'The URL of a hosted client ID metadata document' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l idp-token-endpoint -d 'With id-jag: the token endpoint of the identity provider' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l idp-client-id -d 'With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l id-token-file -d 'With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l assertion-file -d 'With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-id -d 'The id of a client that was registered by hand' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-secret-file -d 'A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-auth -d 'How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or private_key_jwt [default: as the metadata suggests]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-key -d 'A file with its private key in PEM, for private_key_jwt' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-alg -d 'The algorithm of the key [default: what it is made for]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l client-kid -d 'The id of the key' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l json -d 'Print the whole result as the server sent it, as JSON, also where the tool says that it failed'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l login -d 'Log in where that is needed, also without a terminal'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l no-login -d 'Never log in'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l device -d 'Log in on another device; short for --grant device'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l no-browser -d 'Print the URL and let me open it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l paste -d 'Read the address that the browser ends at from standard input [default: on a terminal]'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l dpop -d 'Bind the tokens to a key (DPoP) even if nobody asks for it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l lenient-issuer -d 'Overlook a slash after the host by which two issuers differ'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l assume-pkce -d 'Go on where the metadata does not promise PKCE'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l no-resource -d 'Send no `resource`, to see whether the authorization server minds it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand call" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l fault -d 'Plant a defect; repeatable. The id of a check stands for its first fault' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l posture -d 'The shape of the deployment' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l delay -d 'Wait this long before each answer, in milliseconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l log -d 'The least that is logged: nothing but troubles, or every request (method, path, status), as text or JSON lines' -r -f -a "troubles\t'Only what goes wrong'
text\t'Every request, as text'
json\t'Every request, as JSON lines'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l lab -d 'Hand out the private key that access tokens are signed with (PEM), for `probe --signing-key`; a client may then describe itself on this machine, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l listen -d 'The address to listen at, perhaps with the port of the MCP server; beyond this machine it needs --tls-cert or --insecure-http' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l port -d 'The port of the MCP server; 0 takes a free one [default: 8700]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l authority-port -d 'The port of the authorization server; 0 takes a free one [default: 8701]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l public-url -d 'The origin under which clients reach it, where that is another: https://mcp.example.com. Without --authority-url the authorization server shares it' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l authority-url -d 'The same for the authorization server, where it has an origin of its own' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l host -d 'A further host name by which it may be addressed; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l tls-cert -d 'The certificate to show and those that vouch for it (PEM)' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l tls-key -d 'The private key of the certificate (PEM)' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l ca-file -d 'Where to write the private certificate authority of the https posture' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l state -d 'Keep clients, codes, tokens and keys: in a file, or in a Redis or Valkey that replicas share [default: memory]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l accounts -d 'Who can sign in: a file with a line NAME:PASSWORD for each [default: alice and bob, with a known password]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l clients -d 'The clients known from the start: a JSON list of {client_id, client_secret, redirect_uris}; without a secret a client is public [default: mcp-auth-public]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l token-lifetime -d 'How long access tokens live, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l alg -d 'The algorithm of access tokens: ES256, RS256 or EdDSA' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l rotate-keys -d 'Replace the signing keys this often, in seconds [default: never]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l issuer -d 'Protect the search server with the authorization server of this issuer' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l provider -d 'The same for a known service: its settings by --set, what is left to do there is printed' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l set -d 'A setting of the provider; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l audience -d 'An audience that tokens may name instead of the MCP URL; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l token-issuer -d 'An issuer that tokens may name besides; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l token-client -d 'A client whose tokens are taken although they name no audience; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l scope-claim -d 'The claim that holds the scopes [default: the first of scope, scp, scopes]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l map-scope -d 'What it calls one of our scopes (search:read, search:write, search:admin); repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l introspection-id -d 'Our client id at its introspection endpoint; the secret is read from MCP_AUTH_INTROSPECTION_SECRET' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l cacert -d 'Trust the certificate authorities of this PEM file, too, when it is asked' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l docs -d 'Search the Markdown and text of this folder [default: this program\'s own catalogue of checks]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l search -d 'Search the web with this service: tavily; its key is read from MCP_AUTH_TAVILY_KEY or TAVILY_API_KEY' -r -f -a "tavily\t''"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l search-url -d 'Where the service is, if not at its usual place' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l trap -d 'Set a trap: something that a correct client must refuse or survive; repeatable. Without a name: list them' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l traps -d 'Grade in a series of runs: without a trap, then trap by trap. `all`, or names with commas' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l until-idle -d 'A run ends when nothing came for so long [default with a command: 30]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l revision -d 'Judge by this protocol revision [default: the one that the client speaks]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s f -l format -d 'The format of the report on standard output' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s o -l output -d 'Write a further format to a file; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l save -d 'Save what the client did, without credentials' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l fail-on -d 'The least that makes the exit code 1: must, should, advice or never' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l list -d 'List every fault, with the check it trips, and every posture'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l insecure-http -d 'Listen beyond this machine without TLS: something in front of it ends TLS, or the network is closed'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l auto-approve -d 'Approve every request in the name of the first account, without a page'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l introspect -d 'Ask about every token, JWTs too: what is revoked ends at once'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l grade-client -d 'Grade the client that connects: record what it does, show it at the page that is named, report at the end'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand browse" -l report -d 'The origin that is told of it' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand browse" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand browse" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand browse" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand browse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l profile -d 'Keep several accounts apart' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l store -d 'Where to remember logins' -r -f -a "file\t'In a file that only you can read'
keyring\t'In a file that is encrypted with a key in the keyring of the operating system'
none\t'Nowhere'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l state-dir -d 'The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l config -d 'The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand mcp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -f -a "docs" -d 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -f -a "explain" -d 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list docs explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l revision -d 'Only what this revision has' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l client -d 'What clients are graded by, and the traps, instead'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from docs" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from docs" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from docs" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from docs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -l symptom -d 'What users see, in their words, e.g. "login works, then 401"' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "docs" -d 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -f -a "merge" -d 'Join files that `probe --targets` wrote: one line a target, sorted'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and not __fish_seen_subcommand_from merge help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from merge" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from merge" -l human -d 'For people'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from merge" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from merge" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from help" -f -a "merge" -d 'Join files that `probe --targets` wrote: one line a target, sorted'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand report; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -l symptom -d 'What users see, in their words, e.g. "login works, then 401"' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -l to -d 'The folder to write them to' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "probe" -d 'Walk the trail of a client and judge what it finds'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "login" -d 'Log in to an MCP server and keep the tokens'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "logout" -d 'Revoke the tokens of a login and forget it'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "token" -d 'Show, check, list, refresh, revoke and introspect tokens'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "tools" -d 'List the tools of an MCP server'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "call" -d 'Call a tool of an MCP server'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "serve" -d 'Run the reference deployment, right or wrong in named ways'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "browse" -d 'The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "mcp" -d 'Serve probe, explain and token check to an assistant, as an MCP server over stdio'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "checks" -d 'The catalogue of checks'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "report" -d 'Join and count what `probe --targets` found'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "explain" -d 'Explain a check, or find the cause of what users see'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "man" -d 'Print the manual page, or write one for every command'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe login logout token tools call serve browse mcp checks report explain completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "show" -d 'Show a token: header and claims with what they mean'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "check" -d 'Check a token against what the MCP server and its authorization server say'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "list" -d 'List the stored logins'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "refresh" -d 'Get a new access token with the stored refresh token'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Revoke the stored tokens at the authorization server (RFC 7009), and forget them'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from token" -f -a "introspect" -d 'Ask the authorization server about a token (RFC 7662)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "docs" -d 'Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "explain" -d 'Explain one check, or what users see: why, where it is written, what to change, how to see it fail'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from report" -f -a "merge" -d 'Join files that `probe --targets` wrote: one line a target, sorted'
