namespace QgaOrchestrator.Actors.Passwords;

/// <summary>
/// What a guest's own shell is asked about an account. A look prints lines of "word value" and never the account's entry: only
/// its SHA-256. The shells are dash, bash, busybox and FreeBSD's sh; on Windows PowerShell (5.1, or later).
/// </summary>
internal static class GuestScripts
{
    /// <summary>$1 is the user. Fields of shadow: shadow(5); of master.passwd: passwd(5) of FreeBSD.</summary>
    public const string Look = """
        u=$1; sys=$(uname -s); echo "system $sys"; local=; p=; found=; last=; exp=
        tool=; for t in sha256sum sha256 openssl; do command -v $t >/dev/null 2>&1 && tool=$t && break; done
        [ -n "$tool" ] || { echo "cannot it has no sha256sum, sha256 or openssl"; exit 0; }
        sum() { case $tool in sha256sum) sha256sum;; sha256) sha256 -q;; *) openssl dgst -sha256 -r;; esac; }
        while IFS=: read -r n x rest; do [ "$n" = "$u" ] && { local=1; [ "$x" = x ] || { p=$x; found=1; }; break; }
        done </etc/passwd
        if [ -z "$local" ]; then
          if id -u "$u" >/dev/null 2>&1; then echo "fault directory"; else echo "fault missing"; fi; exit 0
        fi
        if [ "$sys" = FreeBSD ]; then
          found=; [ -r /etc/master.passwd ] || { echo "cannot its agent may not read /etc/master.passwd"; exit 0; }
          while IFS=: read -r n x uid gid class change expire rest; do
            [ "$n" = "$u" ] && { p=$x; found=1; exp=$expire; [ "$change" = 1 ] && last=0; break; }
          done </etc/master.passwd
          [ "${exp:-0}" -gt 0 ] && exp=$((exp / 86400)) || exp=
        elif [ -z "$found" ]; then
          [ -r /etc/shadow ] || { echo "cannot its agent may not read /etc/shadow"; exit 0; }
          while IFS=: read -r n x l min max warn idle e rest; do
            [ "$n" = "$u" ] && { p=$x; found=1; last=$l; exp=$e; break; }
          done </etc/shadow
        fi
        [ -n "$found" ] || { echo "fault directory"; exit 0; }
        echo "entry $(printf %s "$p" | sum | cut -c 1-64)"
        case $p in '!'*|'*'*) echo "locked yes";; esac
        h=${p#"${p%%[!\!]*}"}
        case $h in '$'*'$'*) h=${h#?}; echo "scheme \$${h%%'$'*}\$";; esac
        [ "$last" = 0 ] && echo "mustchange yes"
        [ -n "$exp" ] && [ "$exp" -le $(($(date +%s) / 86400)) ] && echo "expired yes"
        for c in /usr/sbin/unix_chkpwd /sbin/unix_chkpwd /usr/bin/unix_chkpwd; do
          [ -x $c ] && [ "$(id -u)" = 0 ] && echo "login yes" && break
        done
        a=$(tr '\0' '\n' </proc/$PPID/cmdline 2>/dev/null)
        case $a in *qemu-ga*)
          printf '%s\n' "$a" | grep -qE '^(-v|--verbose)$' && echo "logged yes"
          grep -qsE '^ *verbose *= *(true|1|yes)' /etc/qemu/qemu-ga.conf && echo "logged yes";;
        esac
        exit 0
        """;

    /// <summary>$1 is the user; the password and a NUL come on standard input. The codes are those of unix_chkpwd: 0 is right;
    /// of chkexpiry 12 says that the password must be changed, which says nothing against it.</summary>
    public const string TestLogin = """
        for c in /usr/sbin/unix_chkpwd /sbin/unix_chkpwd /usr/bin/unix_chkpwd; do [ -x $c ] && break; done
        $c "$1" nonull || exit $?
        $c "$1" chkexpiry </dev/null >/dev/null; r=$?
        [ $r = 12 ] && exit 0
        exit $r
        """;

    /// <summary>The user is put in as a literal. What it prints is the same as <see cref="Look"/>.</summary>
    public static string WindowsLook(string user) => $$"""
        $ErrorActionPreference='Stop'; 'system Windows'; $u={{Literal(user)}}
        if ((Get-CimInstance Win32_ComputerSystem).DomainRole -ge 4) { 'fault domaincontroller'; exit 0 }
        $a=Get-LocalUser -Name $u -ErrorAction SilentlyContinue
        if (-not $a) { 'fault missing'; exit 0 }
        $t=if ($a.PasswordLastSet) { $a.PasswordLastSet.ToUniversalTime().Ticks } else { 0 }
        $b=[Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes("$($a.SID.Value)|$t"))
        'entry ' + (-join ($b | ForEach-Object { $_.ToString('x2') }))
        if (-not $a.Enabled) { 'locked yes' }
        if ($a.AccountExpires -and $a.AccountExpires -lt (Get-Date)) { 'expired yes' }
        if ($t -eq 0) { 'mustchange yes' }
        'login yes'; exit 0
        """;

    /// <summary>The password and a NUL come on standard input. LOGON32_LOGON_NETWORK; its error 1907 says that the password
    /// must be changed, which says nothing against it.</summary>
    public static string WindowsTestLogin(string user) => $$"""
        $ErrorActionPreference='Stop'; $u={{Literal(user)}}
        $d='[DllImport("advapi32.dll",SetLastError=true,CharSet=CharSet.Unicode)] public static extern bool '
        $d+='LogonUser(string u,string d,IntPtr p,int t,int v,out IntPtr h);'; $m='Runtime.InteropServices.Marshal' -as [type]
        Add-Type -Namespace Q -Name L -MemberDefinition $d
        $s=[Console]::OpenStandardInput(); $i=New-Object IO.MemoryStream; $s.CopyTo($i); $b=$i.GetBuffer()
        $n=[Array]::IndexOf($b,[byte]0); $c=[Text.Encoding]::UTF8.GetChars($b,0,$n)
        $p=$m::AllocHGlobal(2*($c.Length+1)); $m::Copy($c,0,$p,$c.Length); $m::WriteInt16($p,2*$c.Length,0)
        $h=[IntPtr]::Zero; $ok=[Q.L]::LogonUser($u,'.',$p,3,0,[ref]$h)
        $e=$m::GetLastWin32Error()
        [Array]::Clear($b,0,$b.Length); [Array]::Clear($c,0,$c.Length)
        for ($n=0;$n -le $c.Length;$n++) { $m::WriteInt16($p,2*$n,0) }
        if ($ok -or $e -eq 1907) { exit 0 } else { exit 7 }
        """;

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
