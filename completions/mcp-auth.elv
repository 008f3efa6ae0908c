
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
            cand serve 'Run the reference deployment, right or wrong in named ways'
            cand checks 'The catalogue of checks'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;probe'= {
            cand --revision 'The protocol revision to judge by [default: the newest the server negotiates]'
            cand --challenge-tool 'A tool to call without a token, for servers that refuse only there'
            cand --from 'Judge a saved trail instead of a network'
            cand --save 'Save the trail, without credentials'
            cand -f 'The format on standard output'
            cand --format 'The format on standard output'
            cand -o 'Write a further format to a file; repeatable'
            cand --output 'Write a further format to a file; repeatable'
            cand --fail-on 'The least that makes the exit code 1: must, should, advice or never'
            cand --expect 'What the server is expected to be; anything else makes the exit code 1'
            cand --cacert 'Trust the certificate authorities of this PEM file, too'
            cand --header 'Send this header to the MCP server''s origin; repeatable'
            cand --resolve 'Use this address for this host; repeatable'
            cand --timeout 'The longest time for one request, in seconds'
            cand --proxy 'Send everything through this proxy'
            cand --color 'Colours: on a terminal, always, or never'
            cand --passive 'Read public documents only; send nothing to the MCP server itself'
            cand --strict 'Count tolerated deviations as failures'
            cand --exit-zero 'Exit 0 whatever is found'
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
            cand --port 'The port of the MCP server on 127.0.0.1; 0 takes a free one'
            cand --authority-port 'The port of the authorization server; 0 takes a free one'
            cand --ca-file 'Where to write the private certificate authority of the https posture'
            cand --delay 'Wait this long before each answer, in milliseconds'
            cand --color 'Colours: on a terminal, always, or never'
            cand --list 'List every fault, with the check it trips, and every posture'
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
            cand explain 'Explain one check: why, where it is written, what to change, how to see it fail'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;checks;list'= {
            cand --revision 'Only what this revision has'
            cand --color 'Colours: on a terminal, always, or never'
            cand --json 'As JSON'
            cand -v 'Tell more: the trail of requests, and every note in full'
            cand --verbose 'Tell more: the trail of requests, and every note in full'
            cand -q 'Tell nothing but results'
            cand --quiet 'Tell nothing but results'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'mcp-auth;checks;explain'= {
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
            cand explain 'Explain one check: why, where it is written, what to change, how to see it fail'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;checks;help;list'= {
        }
        &'mcp-auth;checks;help;explain'= {
        }
        &'mcp-auth;checks;help;help'= {
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
            cand serve 'Run the reference deployment, right or wrong in named ways'
            cand checks 'The catalogue of checks'
            cand completions 'Print the completion script of a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'mcp-auth;help;probe'= {
        }
        &'mcp-auth;help;serve'= {
        }
        &'mcp-auth;help;checks'= {
            cand list 'List the catalogue'
            cand explain 'Explain one check: why, where it is written, what to change, how to see it fail'
        }
        &'mcp-auth;help;checks;list'= {
        }
        &'mcp-auth;help;checks;explain'= {
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
