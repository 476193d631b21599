#!/bin/sh
# install.sh PACKAGE[|ALTERNATIVE]... installs Debian packages, and leaves no service running that they start.
# A shell does it, since its trap also runs where the terminal interrupts Node in the middle of a synchronous call.
policy=${TIDEGATE_POLICY:-/usr/sbin/policy-rc.d}
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || exit 1
failed=0
for names; do
  chosen=${names%%|*}
  rest=$names
  while [ -n "$rest" ]; do
    name=${rest%%|*}
    if apt-cache show "$name" >/dev/null 2>&1; then
      chosen=$name
      break
    fi
    case $rest in *"|"*) rest=${rest#*|} ;; *) rest= ;; esac
  done
  # One by one: a package that is not to be had keeps no other from being installed.
  apt-get install -y -qq -o DPkg::Lock::Timeout=300 "$chosen" || failed=1
done
exit "$failed"
