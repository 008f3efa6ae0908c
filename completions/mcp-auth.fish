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
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "serve" -d 'Run the reference deployment, right or wrong in named ways'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "checks" -d 'The catalogue of checks'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "man" -d 'Print the manual page'
complete -c mcp-auth -n "__fish_mcp_auth_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l revision -d 'The protocol revision to judge by [default: the newest the server negotiates]' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l challenge-tool -d 'A tool to call without a token, for servers that refuse only there' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l from -d 'Judge a saved trail instead of a network' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l save -d 'Save the trail, without credentials' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s f -l format -d 'The format on standard output' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s o -l output -d 'Write a further format to a file; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l fail-on -d 'The least that makes the exit code 1: must, should, advice or never' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l expect -d 'What the server is expected to be; anything else makes the exit code 1' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l cacert -d 'Trust the certificate authorities of this PEM file, too' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l header -d 'Send this header to the MCP server\'s origin; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l resolve -d 'Use this address for this host; repeatable' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l timeout -d 'The longest time for one request, in seconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l proxy -d 'Send everything through this proxy' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l passive -d 'Read public documents only; send nothing to the MCP server itself'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l strict -d 'Count tolerated deviations as failures'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l exit-zero -d 'Exit 0 whatever is found'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -l insecure -d 'Take every certificate; no stored credential is sent then'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l fault -d 'Plant a defect; repeatable. The id of a check stands for its first fault' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l posture -d 'The shape of the deployment' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l port -d 'The port of the MCP server on 127.0.0.1; 0 takes a free one' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l authority-port -d 'The port of the authorization server; 0 takes a free one' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l ca-file -d 'Where to write the private certificate authority of the https posture' -r -F
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l delay -d 'Wait this long before each answer, in milliseconds' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -l list -d 'List every fault, with the check it trips, and every posture'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -f -a "explain" -d 'Explain one check: why, where it is written, what to change, how to see it fail'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and not __fish_seen_subcommand_from list explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l revision -d 'Only what this revision has' -r
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -l json -d 'As JSON'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Explain one check: why, where it is written, what to change, how to see it fail'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand checks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -l color -d 'Colours: on a terminal, always, or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s v -l verbose -d 'Tell more: the trail of requests, and every note in full'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s q -l quiet -d 'Tell nothing but results'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "probe" -d 'Walk the trail of a client and judge what it finds'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "serve" -d 'Run the reference deployment, right or wrong in named ways'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "checks" -d 'The catalogue of checks'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "man" -d 'Print the manual page'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and not __fish_seen_subcommand_from probe serve checks completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "list" -d 'List the catalogue'
complete -c mcp-auth -n "__fish_mcp_auth_using_subcommand help; and __fish_seen_subcommand_from checks" -f -a "explain" -d 'Explain one check: why, where it is written, what to change, how to see it fail'
