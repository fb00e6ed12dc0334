namespace OllamaProxy.Hosting;

/// <summary>
/// The event ids of the log. People filter by them, so each is used once, and an id that was released keeps its meaning. The Server's own
/// ids begin at 101, those of the Functions app at 201.
/// </summary>
internal static class LogEvents
{
    public const int DatabaseOpened = 1;
    public const int RequestAnswered = 2;
    public const int RequestFailed = 3;
    public const int OllamaAway = 4;
    public const int OllamaBack = 5;
    public const int AttemptStarted = 6;
    public const int PromptCompleted = 7;
    public const int PromptFailed = 8;
    public const int PromptRequeued = 9;
    public const int PromptReleased = 10;
    public const int LeaseLost = 11;
    public const int SettlingFailed = 12;
    public const int RenewalFailed = 13;
    public const int ClaimFailed = 14;
    public const int PromptCancelled = 15;
    public const int SettlingDelayed = 16;
    public const int StoreFailed = 17;
    public const int ConnectionsNotRenewed = 18;
    public const int ClaimBroke = 19;
    public const int OllamaUnusable = 20;
    public const int SettingUnknown = 21;
    public const int OllamaBusy = 22;
    public const int AbandonedNotCancelled = 23;
    public const int ClaimTooLate = 24;
    public const int ApiKeysRead = 25;
    public const int ApiKeysBad = 26;
    public const int PromptTruncated = 27;
    public const int PromptPreempted = 28;
    public const int BatchEnded = 31;
    public const int BatchesDelayed = 32;
    public const int BatchBroke = 33;
    public const int WebhookDelivered = 41;
    public const int WebhookRetried = 42;
    public const int WebhookFailed = 43;
    public const int WebhooksDelayed = 44;
    public const int WebhookBroke = 45;
}
