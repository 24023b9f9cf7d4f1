using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Node.Access;

/// <summary>Reads the tokens that nodes share again and again: one that was revoked on another node is refused here within
/// 2 s.</summary>
public sealed partial class TokenRefresh(TokenStore tokens, TimeProvider time, ILogger<TokenRefresh> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wrong = false; tokens.IsShared;)
        {
            await Task.Delay(Every, time, stoppingToken);
            try
            {
                await tokens.LoadAsync();
                wrong = false;
            }
            catch (StoreException e)
            {
                if (!wrong) LogNotRead(log, e.Message);
                wrong = true;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The tokens cannot be read, and those that were known stay: {Reason}")]
    private static partial void LogNotRead(ILogger log, string reason);
}
