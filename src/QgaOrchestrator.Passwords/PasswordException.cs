namespace QgaOrchestrator.Passwords;

/// <summary>What is wrong, as far as a caller decides by it.</summary>
public enum PasswordFault
{
    /// <summary>What was given cannot be used: the message says why and what to give.</summary>
    Input,

    /// <summary>This host has no libcrypt, or one that cannot do what is asked.</summary>
    Library,

    /// <summary>The bytes are no sealed password.</summary>
    Format,

    /// <summary>The password is sealed for other keys.</summary>
    NotForThisKey,

    /// <summary>The bytes were changed after they were sealed.</summary>
    Tampered,

    /// <summary>The passphrase does not open the key.</summary>
    Passphrase,
}

/// <summary>The message is for people: what happened and what to do. It never holds a secret.</summary>
public sealed class PasswordException(PasswordFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public PasswordFault Fault { get; } = fault;
}
