using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;

namespace OllamaProxy.Hosting;

/// <summary>The log messages of Core. Texts go in as <see cref="LogText"/>, which escapes them.</summary>
internal static partial class Log
{
    /// <summary>Stands for the owner of a prompt that came without a key.</summary>
    public const string NoOwner = "none";

    [LoggerMessage(LogEvents.DatabaseOpened, LogLevel.Information, "The database is {Path}.")]
    public static partial void DatabaseOpened(this ILogger logger, LogText path);

    [LoggerMessage(LogEvents.RequestAnswered, LogLevel.Information, "{Method} {Path} {Status} {Milliseconds:0.0} ms")]
    public static partial void RequestAnswered(this ILogger logger, LogText method, LogText path, int status, double milliseconds);

    [LoggerMessage(LogEvents.RequestFailed, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger logger, LoggedException exception, LogText method, LogText path);

    [LoggerMessage(LogEvents.StoreFailed, LogLevel.Error, "{Method} {Path} failed. {Error}")]
    public static partial void StoreFailed(this ILogger logger, LogText method, LogText path, LogText error);

    [LoggerMessage(LogEvents.OllamaAway, LogLevel.Warning,
        "{Why}. Start it with `ollama serve` and get the model with `ollama pull {Model}`; "
        + "prompts are accepted meanwhile and will run when it is up.")]
    public static partial void OllamaAway(this ILogger logger, LogText why, LogText model);

    [LoggerMessage(LogEvents.OllamaUnusable, LogLevel.Warning,
        "Ollama at {Endpoint} cannot be used. {Why} Correct OLLAMA_URL, or start Ollama there with `ollama serve`; "
        + "prompts are accepted meanwhile and will run when it is up.")]
    public static partial void OllamaUnusable(this ILogger logger, OllamaEndpoint endpoint, LogText why);

    [LoggerMessage(LogEvents.SettingUnknown, LogLevel.Warning, "{Warning}")]
    public static partial void SettingUnknown(this ILogger logger, LogText warning);

    [LoggerMessage(LogEvents.OllamaBack, LogLevel.Information, "Ollama at {Endpoint} answers.")]
    public static partial void OllamaBack(this ILogger logger, OllamaEndpoint endpoint);

    [LoggerMessage(LogEvents.OllamaBusy, LogLevel.Warning,
        "Ollama at {Endpoint} is too busy for {What}; trying again in {Seconds:0.0} s.")]
    public static partial void OllamaBusy(this ILogger logger, OllamaEndpoint endpoint, LogText what, double seconds);

    [LoggerMessage(LogEvents.AttemptStarted, LogLevel.Information, "Prompt {Id}: attempt {Attempt} starts. Owner: {Owner}.")]
    public static partial void AttemptStarted(this ILogger logger, Guid id, int attempt, LogText owner);

    [LoggerMessage(LogEvents.PromptCompleted, LogLevel.Information,
        "Prompt {Id}: completed in {Seconds:0.00} s. Owner: {Owner}, attempt {Attempt}.")]
    public static partial void PromptCompleted(this ILogger logger, Guid id, double seconds, LogText owner, int attempt);

    [LoggerMessage(LogEvents.PromptTruncated, LogLevel.Warning,
        "Prompt {Id}: Ollama seems to have cut it to {Tokens} tokens, to make it fit the context of {Model}. A larger num_ctx helps.")]
    public static partial void PromptTruncated(this ILogger logger, Guid id, long tokens, LogText model);

    [LoggerMessage(LogEvents.PromptFailed, LogLevel.Warning, "Prompt {Id}: failed. {Error} Owner: {Owner}, attempt {Attempt}.")]
    public static partial void PromptFailed(this ILogger logger, Guid id, LogText error, LogText owner, int attempt);

    [LoggerMessage(LogEvents.PromptRequeued, LogLevel.Warning,
        "Prompt {Id}: attempt {Attempt} failed; the next one is due in {Seconds:0.0} s. {Error} Owner: {Owner}.")]
    public static partial void PromptRequeued(
        this ILogger logger, Guid id, int attempt, double seconds, LogText error, LogText owner);

    [LoggerMessage(LogEvents.PromptReleased, LogLevel.Information,
        "Prompt {Id}: handed back to the queue. Owner: {Owner}, attempt {Attempt}.")]
    public static partial void PromptReleased(this ILogger logger, Guid id, LogText owner, int attempt);

    [LoggerMessage(LogEvents.PromptPreempted, LogLevel.Information,
        "Prompt {Id}: stopped, so that its slot at {Backend} goes to a prompt of priority {Priority}, which has waited for over a second.")]
    public static partial void PromptPreempted(this ILogger logger, Guid id, LogText backend, int priority);

    [LoggerMessage(LogEvents.LeaseLost, LogLevel.Warning,
        "Prompt {Id}: the result of the attempt was discarded, because its lease was lost. "
        + "Owner: {Owner}, attempt {Attempt}.")]
    public static partial void LeaseLost(this ILogger logger, Guid id, LogText owner, int attempt);

    [LoggerMessage(LogEvents.ClaimTooLate, LogLevel.Warning,
        "Prompt {Id}: the database told only after its lease had run out that it was claimed. It is left to whoever claims it next.")]
    public static partial void ClaimTooLate(this ILogger logger, Guid id);

    [LoggerMessage(LogEvents.PromptCancelled, LogLevel.Information,
        "Prompt {Id}: stopped, because it was cancelled or deleted. Owner: {Owner}, attempt {Attempt}.")]
    public static partial void PromptCancelled(this ILogger logger, Guid id, LogText owner, int attempt);

    [LoggerMessage(LogEvents.SettlingDelayed, LogLevel.Warning,
        "Prompt {Id}: the result of the attempt cannot be stored at the moment; trying again. {Error}")]
    public static partial void SettlingDelayed(this ILogger logger, Guid id, LogText error);

    [LoggerMessage(LogEvents.SettlingFailed, LogLevel.Error,
        "Prompt {Id}: the result of the attempt cannot be stored; the prompt will run again once its lease has run out.")]
    public static partial void SettlingFailed(this ILogger logger, LoggedException exception, Guid id);

    [LoggerMessage(LogEvents.RenewalFailed, LogLevel.Warning, "Prompt {Id}: its lease cannot be renewed at the moment. {Error}")]
    public static partial void RenewalFailed(this ILogger logger, Guid id, LogText error);

    [LoggerMessage(LogEvents.ClaimFailed, LogLevel.Error, "The queue cannot be read at the moment; trying again. {Error}")]
    public static partial void ClaimFailed(this ILogger logger, LogText error);

    [LoggerMessage(LogEvents.ClaimBroke, LogLevel.Error, "Prompt number {Seq} cannot be claimed.")]
    public static partial void ClaimBroke(this ILogger logger, LoggedException exception, long seq);

    [LoggerMessage(LogEvents.ConnectionsNotRenewed, LogLevel.Warning,
        "The leases of clients that wait on open connections cannot be renewed at the moment. {Error}")]
    public static partial void ConnectionsNotRenewed(this ILogger logger, LogText error);

    [LoggerMessage(LogEvents.AbandonedNotCancelled, LogLevel.Warning,
        "Prompt {Id}: its client has gone, but it cannot be cancelled at the moment; it will be once the client's lease has run out. "
        + "{Error}")]
    public static partial void AbandonedNotCancelled(this ILogger logger, Guid id, LogText error);

    [LoggerMessage(LogEvents.BatchEnded, LogLevel.Information, "Batch {Id}: {Status}, {Completed} of {Total} requests completed.")]
    public static partial void BatchEnded(this ILogger logger, Guid id, LogText status, long completed, long total);

    [LoggerMessage(LogEvents.BatchesDelayed, LogLevel.Warning, "Batches cannot go on at the moment; trying again. {Error}")]
    public static partial void BatchesDelayed(this ILogger logger, LogText error);

    [LoggerMessage(LogEvents.BatchBroke, LogLevel.Error, "Batch {Id} cannot go on; trying again.")]
    public static partial void BatchBroke(this ILogger logger, LoggedException exception, Guid id);

    [LoggerMessage(LogEvents.WebhookDelivered, LogLevel.Information,
        "Event {Event}: {Type} of {Id} was delivered to {Receiver} by attempt {Attempt}.")]
    public static partial void WebhookDelivered(
        this ILogger logger, LogText @event, LogText type, Guid id, LogText receiver, int attempt);

    [LoggerMessage(LogEvents.WebhookRetried, LogLevel.Warning,
        "Event {Event}: attempt {Attempt} to deliver it to {Receiver} failed; the next one is due in {Seconds:0} s. {Error}")]
    public static partial void WebhookRetried(
        this ILogger logger, LogText @event, int attempt, LogText receiver, double seconds, LogText error);

    [LoggerMessage(LogEvents.WebhookFailed, LogLevel.Error,
        "Event {Event}: {Type} of {Id} could not be delivered to {Receiver} and is given up after {Attempts} attempts. {Error}")]
    public static partial void WebhookFailed(
        this ILogger logger, LogText @event, LogText type, Guid id, LogText receiver, int attempts, LogText error);

    [LoggerMessage(LogEvents.WebhooksDelayed, LogLevel.Warning, "Events cannot be delivered at the moment; trying again. {Error}")]
    public static partial void WebhooksDelayed(this ILogger logger, LogText error);

    [LoggerMessage(LogEvents.WebhookBroke, LogLevel.Error, "Event {Event} cannot be delivered; trying again.")]
    public static partial void WebhookBroke(this ILogger logger, LoggedException exception, LogText @event);

    [LoggerMessage(LogEvents.ApiKeysRead, LogLevel.Information, "The API keys in {Path} were read again.")]
    public static partial void ApiKeysRead(this ILogger logger, LogText path);

    [LoggerMessage(LogEvents.ApiKeysBad, LogLevel.Error, "The API keys stay as they were. {Mistake}")]
    public static partial void ApiKeysBad(this ILogger logger, LogText mistake);
}
