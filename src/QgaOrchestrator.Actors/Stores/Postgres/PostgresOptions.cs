using System.Data.Common;
using Npgsql;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <param name="Connection">Without a password.</param>
/// <param name="PasswordFile">Null: the server asks for none.</param>
/// <param name="TokenCache">For how long tokens are known while the server is away.</param>
internal sealed record PostgresOptions(string Connection, string? PasswordFile, TimeSpan TokenCache) : StoreOptions
{
    private const string Example = "Host=db1;Database=qgad;Username=qgad;SSL Mode=VerifyFull";

    private static readonly TimeSpan DefaultTokenCache = TimeSpan.FromMinutes(15), LongestTokenCache = TimeSpan.FromHours(23);

    private static readonly string[] Passwords = ["password", "pwd", "psw", "passfile", "sslpassword", "ssl password"];

    /// <summary>host:port/database, for messages.</summary>
    public string Server =>
        new NpgsqlConnectionStringBuilder(Connection) is var names ? $"{names.Host}:{names.Port}/{names.Database}" : "";

    /// <summary>What is wrong is refused; what is returned then is not used.</summary>
    public static PostgresOptions Read(IStoreKeys keys)
    {
        var file = keys.FullPath("PasswordFile");
        if (file is not null)
        {
            try
            {
                _ = Postgres.PasswordFile.Read(file);
            }
            catch (StoreException e)
            {
                keys.Refuse("PasswordFile", $"{e.Reason["Store.PasswordFile: ".Length..]}. {e.Remedy}");
            }
        }
        return new(
            ReadConnection(keys), file, keys.Duration("TokenCache", DefaultTokenCache, TimeSpan.Zero, LongestTokenCache));
    }

    private static string ReadConnection(IStoreKeys keys)
    {
        const string key = "ConnectionString";
        if (keys.Text(key) is not { } text)
        {
            keys.Refuse(key, $"postgresql needs one, such as \"{Example}\"");
            return "";
        }
        try
        {
            var names = new DbConnectionStringBuilder { ConnectionString = text }.Keys.Cast<string>();
            if (names.Intersect(Passwords, StringComparer.OrdinalIgnoreCase).Any())
            {
                keys.Refuse(
                    key,
                    "a password does not belong here, where it is shown and logged. Write it into a file of mode 0600, name "
                        + "that as Store.PasswordFile, and replace the password");
                return "";
            }
            var connection = new NpgsqlConnectionStringBuilder(text);
            if (connection.Host is null or "" || connection.Database is null or "" || connection.Username is null or "")
                keys.Refuse(key, $"Host, Database and Username are needed, such as \"{Example}\"");
            return Fixed(connection).ConnectionString;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // Its message may hold a value.
            keys.Refuse(key, $"this is no connection string of Npgsql. Write Name=Value;Name=Value, such as \"{Example}\"");
            return "";
        }
    }

    /// <summary>What does not depend on the site: a call ends soon, and a node that hangs inside a transaction holds no lock for
    /// long.</summary>
    private static NpgsqlConnectionStringBuilder Fixed(NpgsqlConnectionStringBuilder connection)
    {
        connection.ApplicationName = "qgad";
        connection.Timeout = 3;
        connection.CommandTimeout = 5;
        connection.CancellationTimeout = 1000;
        connection.MaxPoolSize = 10;
        connection.MinPoolSize = 0;
        // Nothing of ours outlives a transaction, and a reset would be a transaction of its own before each.
        connection.NoResetOnClose = true;
        connection.ConnectionIdleLifetime = 60;
        connection.IncludeErrorDetail = false;
        connection.PersistSecurityInfo = false;
        connection.Options = "-c idle_in_transaction_session_timeout=10000 -c client_min_messages=warning";
        return connection;
    }
}
