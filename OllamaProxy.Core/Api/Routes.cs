namespace OllamaProxy.Api;

/// <summary>
/// Every route, as a constant, so that the trigger attributes of the Functions app can name them. Patterns are those of
/// ASP.NET Core, without the slash in front.
/// </summary>
public static class Routes
{
    /// <summary>The root. The Functions host takes neither an empty pattern nor a slash for it.</summary>
    public const string Home = "{ignored:maxlength(0)?}";

    /// <summary>The page that lists prompts.</summary>
    public const string List = "list";

    /// <summary>Answers as long as the process does.</summary>
    public const string Health = "healthz";

    /// <summary>Submits a prompt.</summary>
    public const string Submit = "api/v1/prompt";

    /// <summary>A prompt, whole: to be read, put, changed and deleted.</summary>
    public const string Prompt = "api/v1/prompt/{id}";

    /// <summary>Cancels a prompt.</summary>
    public const string Cancel = "api/v1/prompt/{id}/cancel";

    /// <summary>Queues a prompt again.</summary>
    public const string Retry = "api/v1/prompt/{id}/retry";

    /// <summary>Where a prompt is in its life.</summary>
    public const string Status = "api/v1/prompt/{id}/status";

    /// <summary>What a model made of a prompt.</summary>
    public const string Result = "api/v1/prompt/{id}/result";

    /// <summary>What happens to a prompt, as it happens.</summary>
    public const string Stream = "api/v1/prompt/{id}/stream";

    /// <summary>What happens in the whole queue, as it happens.</summary>
    public const string Events = "api/v1/events";

    /// <summary>How the queue has done lately.</summary>
    public const string Stats = "api/v1/stats";

    /// <summary>The models that Ollama has.</summary>
    public const string Models = "api/v1/models";

    /// <summary>Lists prompts, and submits batches of them.</summary>
    public const string Prompts = "api/v1/prompts";

    /// <summary>How far a batch is.</summary>
    public const string Batch = "api/v1/batch/{id}";

    /// <summary>Everything else.</summary>
    public const string Unmatched = "{*path}";
}
