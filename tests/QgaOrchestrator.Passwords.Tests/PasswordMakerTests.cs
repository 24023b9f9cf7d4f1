using System.Text;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords.Tests;

public class PasswordMakerTests
{
    private static readonly string Alphabet = Encoding.ASCII.GetString(PasswordMaker.All);

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(128)]
    public void A_password_has_its_length_every_class_and_nothing_beside_the_alphabet(int length)
    {
        for (var i = 0; i < 300; i++)
        {
            using var made = PasswordMaker.Make(length);
            var password = Encoding.ASCII.GetString(made.Reveal());
            Assert.Equal(length, password.Length);
            Assert.All(password, character => Assert.Contains(character, Alphabet));
            Assert.Contains(password, char.IsAsciiLetterLower);
            Assert.Contains(password, char.IsAsciiLetterUpper);
            Assert.Contains(password, char.IsAsciiDigit);
            Assert.Contains(password, character => !char.IsAsciiLetterOrDigit(character));
            Assert.True(char.IsAsciiLetterOrDigit(password[0]), "a program would take it for an option");
        }
    }

    /// <summary>One that is missing after 7,200 draws is none that is drawn: it would be by chance once in 10^66.</summary>
    [Fact]
    public void Every_character_of_the_alphabet_is_drawn_and_no_password_twice()
    {
        var made = Enumerable.Range(0, 300).Select(_ =>
        {
            using var password = PasswordMaker.Make();
            return Encoding.ASCII.GetString(password.Reveal());
        }).ToList();
        Assert.Equal(made.Count, made.Distinct().Count());
        Assert.Equal(Alphabet.Order(), made.SelectMany(password => password).Distinct().Order());
    }

    [Fact]
    public void Letters_are_those_that_three_keymaps_put_at_one_key_and_nobody_misreads()
    {
        string[] keymaps = ["qwertyuiopasdfghjkl;zxcvbnm,", "qwertzuiopasdfghjklöyxcvbnm,", "azertyuiopqsdfghjklmwxcvbn,;"];
        var same = keymaps[0].Where((key, at) => char.IsAsciiLetter(key) && keymaps.All(keymap => keymap[at] == key));
        Assert.Equal(same.Except("lo").Order(), Alphabet.Where(char.IsAsciiLetterLower).Order());
        Assert.Equal(same.Select(char.ToUpperInvariant).Except("IO").Order(), Alphabet.Where(char.IsAsciiLetterUpper).Order());
        Assert.Equal("23456789", string.Concat(Alphabet.Where(char.IsAsciiDigit)));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(129)]
    public void Another_length_is_refused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PasswordMaker.Make(length));

    [Theory]
    [InlineData("b2-Bcdefghijkfgh", true)]
    [InlineData("b2cBcdefghijkfgh", false)]
    [InlineData("-2bBcdefghijkfgh", false)]
    [InlineData("b-xbcdefghi2kfgh", false)]
    public void What_lacks_a_class_or_begins_with_a_sign_is_drawn_again(string password, bool isGood)
    {
        using var secret = Secret.Of(password);
        Assert.Equal(isGood, PasswordMaker.IsGood(secret.Reveal()));
    }
}
