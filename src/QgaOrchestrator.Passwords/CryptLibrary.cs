using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// crypt_r of the host's libcrypt (crypt(3)). A hash takes a processor for some milliseconds, so as many run at a time as there
/// are processors; others wait. The library clears its own memory, and we clear what we give it.
/// </summary>
public sealed class CryptLibrary : IDisposable
{
    /// <summary>The first that is there. libxcrypt has both names; .so.1 may be the older one of glibc, without $y$.</summary>
    private static readonly string[] Names = ["libcrypt.so.2", "libcrypt.so.1"];

    private const string Remedy =
        "Install the package libcrypt1 (Debian, Ubuntu, SUSE) or libxcrypt (Fedora, RHEL, Arch) and start again.";

    /// <summary>crypt_data is 32 KiB in libxcrypt and 128 KiB in glibc; setting and password lie behind it.</summary>
    private const int DataLength = 192 << 10, SettingLength = 512, LongestPassword = 511;

    // The vectors of libxcrypt's test/ka-table.inc, of crypt_blowfish and of the SHA-crypt specification.
    private static readonly (CryptScheme Scheme, byte[] Password, string Hash)[] Vectors =
    [
        (CryptScheme.Yescrypt, "abc"u8.ToArray(), "$y$j75$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4"),
        (CryptScheme.Bcrypt, "U*U"u8.ToArray(), "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (CryptScheme.Sha512, "Hello world!"u8.ToArray(),
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
    ];

    private readonly unsafe delegate* unmanaged<byte*, byte*, byte*, byte*> _crypt;
    private readonly string _name;
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly ConcurrentBag<byte[]> _buffers = [];
    private readonly HashSet<CryptScheme> _schemes = [];

    private unsafe CryptLibrary(string name, nint function)
    {
        _name = name;
        _crypt = (delegate* unmanaged<byte*, byte*, byte*, byte*>)function;
    }

    /// <summary>Loads it and hashes known passwords. To be kept for the life of the process.</summary>
    /// <exception cref="PasswordException">There is none, or it hashes wrongly. The message names the package.</exception>
    public static CryptLibrary Load() => Load(Names, Vectors);

    internal static CryptLibrary Load(string[] names, (CryptScheme Scheme, byte[] Password, string Hash)[] vectors)
    {
        foreach (var name in names)
        {
            if (!NativeLibrary.TryLoad(name, out var handle) || !NativeLibrary.TryGetExport(handle, "crypt_r", out var function))
                continue;
            var library = new CryptLibrary(name, function);
            library.Test(vectors);
            return library;
        }
        throw new PasswordException(
            PasswordFault.Library, $"Passwords cannot be hashed: this host has no {string.Join(" and no ", names)}. {Remedy}");
    }

    /// <summary>Whether the library has it. Only <see cref="CryptScheme.Sha512"/> is in all of them.</summary>
    public bool Has(CryptScheme scheme) => _schemes.Contains(scheme);

    /// <summary>The account's password field, with a new salt. It blocks while other hashes have all processors.</summary>
    /// <exception cref="PasswordException">The library has not this scheme, or the password cannot be one.</exception>
    public string Hash(Secret password, CryptScheme scheme)
    {
        _processors.Wait();
        return HashAndRelease(password, scheme);
    }

    /// <inheritdoc cref="Hash"/>
    /// <remarks>It waits without a thread, and hashes on one of the pool.</remarks>
    public async Task<string> HashAsync(Secret password, CryptScheme scheme, CancellationToken cancellation)
    {
        await _processors.WaitAsync(cancellation).ConfigureAwait(false);
        return await Task.Run(() => HashAndRelease(password, scheme), CancellationToken.None).ConfigureAwait(false);
    }

    public void Dispose() => _processors.Dispose();

    private string HashAndRelease(Secret password, CryptScheme scheme)
    {
        try
        {
            if (!Has(scheme))
                throw new PasswordException(
                    PasswordFault.Library,
                    $"{_name} of this host cannot hash with {scheme}. Install libxcrypt 4.4 or later in its place, or use $6$.");
            var setting = scheme.NewSetting();
            return Crypt(password.Reveal(), setting) is { } hash && hash.StartsWith(setting, StringComparison.Ordinal)
                ? hash
                : throw new PasswordException(PasswordFault.Library, $"{_name} of this host failed to hash with {scheme}.");
        }
        finally
        {
            _processors.Release();
        }
    }

    private void Test((CryptScheme Scheme, byte[] Password, string Hash)[] vectors)
    {
        foreach (var (scheme, password, expected) in vectors)
        {
            var hash = Crypt(password, expected);
            if (hash == expected)
                _schemes.Add(scheme);
            else if (hash is not null || scheme == CryptScheme.Sha512)
                throw new PasswordException(
                    PasswordFault.Library,
                    $"Passwords cannot be hashed: {_name} of this host hashes a known password wrongly with {scheme}. {Remedy}");
        }
    }

    /// <summary>Null where the library refuses the setting.</summary>
    private unsafe string? Crypt(ReadOnlySpan<byte> password, string setting)
    {
        if (password.IsEmpty || password.Length > LongestPassword || password.Contains((byte)0))
            throw new PasswordException(
                PasswordFault.Input, $"A password to hash has 1 to {LongestPassword} bytes, and none of them is NUL.");
        if (!_buffers.TryTake(out var buffer))
            buffer = GC.AllocateArray<byte>(DataLength + SettingLength + LongestPassword + 1, pinned: true);
        try
        {
            Encoding.ASCII.GetBytes(setting, buffer.AsSpan(DataLength, SettingLength - 1));
            password.CopyTo(buffer.AsSpan(DataLength + SettingLength));
            fixed (byte* data = buffer)
            {
                var result = _crypt(data + DataLength + SettingLength, data + DataLength, data);
                // A refusal is null, or begins with *: no hash does.
                return result is null || *result == (byte)'*' ? null : Marshal.PtrToStringUTF8((nint)result);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            _buffers.Add(buffer);
        }
    }
}
