#!/usr/bin/env bash
# One night: certify, compare with the last night that answered, keep what the next one needs.
#
#   bash nightly.sh [OPTION OF CERTIFY ...]
#
# The exit status is that of `gws-contract certify`, whatever becomes of the rest: 0 conformant, 1 a clause is broken,
# 2 not known, because the environment was not ready or the run did not come to its end, 3 an error of the suite,
# 4 it cannot work as given, or deviations are out of date.
#
#   GWS_URL, GWS_AGENTS, GWS_CONTACT_CENTER_ID   as for certify, from the secret store of the CI
#   GWS_DEPTH, GWS_TIME_LIMIT                    nightly, 2700 seconds
#   GWS_SIGN_KEY                                 file of the private key that signs the bundle, if any
#   NIGHT_REPORT                                 folder of this night's files, to be uploaded (gws-report); what certify
#                                                leaves is in its folder bundle
#   NIGHT_KEPT                                   folder that the CI keeps from night to night (gws-kept): counter-examples,
#                                                Hypothesis' database, the certificates of the last nights
#   NIGHT_NIGHTS                                 how many nights are kept (30)
set -uo pipefail

report=${NIGHT_REPORT:-gws-report}
bundle=$report/bundle  # alone in a folder, so that `gws-contract verify` finds nothing besides
kept=${NIGHT_KEPT:-gws-kept}
nights=${NIGHT_NIGHTS:-30}

certify() {
    local token="" status
    if [[ ${GITHUB_ACTIONS:-} == true ]]; then  # what a server answered must not become a command of the workflow
        token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        echo "::stop-commands::$token"
    fi
    HYPOTHESIS_STORAGE_DIRECTORY=$(cd "$kept" && pwd)/hypothesis \
        gws-contract certify --depth "${GWS_DEPTH:-nightly}" --time-limit "${GWS_TIME_LIMIT:-2700}" \
        --store "$kept/counter-examples" --report-dir "$bundle" "$@"
    status=$?
    [[ -z $token ]] || echo "::$token::"
    return "$status"
}

compare() {  # what changed since the last night that answered; whatever it finds, the verdict is that of certify
    if [[ ! -f $bundle/certificate.json ]]; then
        echo "There is no certificate of this night to compare." >"$report/difference.md"
    elif [[ ! -f $kept/last/certificate.json ]]; then
        echo "There is no earlier night to compare this one with." >"$report/difference.md"
    else
        gws-contract diff --json "$kept/last" "$bundle" >"$report/difference.json"
        gws-contract diff --markdown "$kept/last" "$bundle" >"$report/difference.md"
        gws-contract diff "$kept/last" "$bundle" >"$report/difference.txt"
        cat "$report/difference.txt"
    fi
}

keep() {  # every night for the history; as the last one to compare with only one that answered
    local night oldest
    [[ -f $bundle/certificate.json ]] || return 0
    night=$kept/nights/$(date -u +%Y%m%dT%H%M%SZ)
    mkdir -p "$night" && cp "$bundle/certificate.json" "$night/"
    if [[ $1 != 2 && $1 != 3 ]]; then
        mkdir -p "$kept/last" && cp "$bundle/certificate.json" "$kept/last/"
    fi
    find "$kept/nights" -mindepth 1 -maxdepth 1 -type d | sort -r | tail -n +$((nights + 1)) | while read -r oldest; do
        rm -r "$oldest"
    done
    gws-contract history "$kept/nights" --nights "$nights" --out "$report/history.html"
}

essence() {
    case $1 in
        0) echo "Conformant." ;;
        1) echo "Not conformant: a clause is broken." ;;
        2) echo "Not known: the environment was not ready, or the run did not come to its end." ;;
        3) echo "Not known: an error of the suite." ;;
        4) echo "It cannot work as given, or declared deviations are out of date." ;;
        *) echo "Not known: gws-contract could not be run (exit status $1)." ;;
    esac
}

tell() {  # for the page of the job
    local words kind=error
    words=$(essence "$1")
    echo "$words" >"$report/essence.txt"
    {
        echo "# gws-contract: $words"
        for part in "$bundle/summary.md" "$report/difference.md"; do
            [[ ! -f $part ]] || { echo && cat "$part"; }
        done
    } >"$report/night.md"
    [[ -z ${GITHUB_STEP_SUMMARY:-} ]] || cat "$report/night.md" >>"$GITHUB_STEP_SUMMARY"
    [[ $1 != 2 ]] || kind=warning
    [[ ${GITHUB_ACTIONS:-} != true || $1 == 0 ]] || echo "::$kind title=gws-contract::$words"
    echo "$words"
}

mkdir -p "$report" "$kept" || exit 4
# What an earlier night left, where the workspace is not a new one.
rm -f "$bundle"/{certificate.json,junit.xml,summary.md} "$report"/{difference.json,difference.md,difference.txt,history.html}
certify "$@"
status=$?
compare
keep "$status"
tell "$status"
echo "$status" >"$report/status"
exit "$status"
