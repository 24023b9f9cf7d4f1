using System.Buffers;
using System.Security.Cryptography;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// New passwords. A person types them on a console whose keymap may be another one than is printed on the keys. So a letter is
/// left out where QWERTY, QWERTZ and AZERTY put it at different keys (a q w z y m) and where it looks like another character
/// (l I o O); and 0 and 1 with them. The digits, - and + are left: the numeric keypad gives them in all three keymaps; no
/// other key gives the same sign in all of them.
/// </summary>
public static class PasswordMaker
{
    /// <summary>In characters. The shortest has 87 bits, the usual of 24 has 131.</summary>
    public const int Shortest = 16, Usual = 24, Longest = 128;

    private static readonly SearchValues<byte> Lower = SearchValues.Create("bcdefghijknprstuvx"u8),
        Upper = SearchValues.Create("BCDEFGHJKLNPRSTUVX"u8),
        Digits = SearchValues.Create("23456789"u8),
        Signs = SearchValues.Create("-+"u8);

    internal static ReadOnlySpan<byte> All => "bcdefghijknprstuvxBCDEFGHJKLNPRSTUVX23456789-+"u8;

    /// <summary>
    /// Any password of that length is as likely as any other, of those with a character of each class and with a letter or a
    /// digit at its start (no program takes it for an option).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 16 to 128.</exception>
    public static Secret Make(int length = Usual)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Shortest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Longest);
        return Secret.Create(length, static password =>
        {
            do
            {
                RandomNumberGenerator.GetItems(All, password);
            }
            while (!IsGood(password));
        });
    }

    internal static bool IsGood(ReadOnlySpan<byte> password) =>
        password.ContainsAny(Lower) && password.ContainsAny(Upper) && password.ContainsAny(Digits) && password.ContainsAny(Signs)
        && !Signs.Contains(password[0]);
}
