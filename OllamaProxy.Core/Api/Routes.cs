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

    /// <summary>The page of one prompt.</summary>
    public const string PromptPage = "prompts/{id}";

    /// <summary>The page that lists batches.</summary>
    public const string BatchPage = "batches";

    /// <summary>The page for operators.</summary>
    public const string Dashboard = "dashboard";

    /// <summary>The page that shows this API.</summary>
    public const string ApiPage = "docs";

    /// <summary>This API, described for programs.</summary>
    public const string OpenApi = "openapi.json";

    /// <summary>Answers as long as the process does.</summary>
    public const string Health = "healthz";

    /// <summary>Whether prompts are taken and run.</summary>
    public const string Ready = "readyz";

    /// <summary>The metrics in the format of Prometheus.</summary>
    public const string Metrics = "metrics";

    /// <summary>Who asks: to be read, to sign in and to sign out.</summary>
    public const string Session = "api/v1/session";

    /// <summary>Submits a prompt.</summary>
    public const string Submit = "api/v1/prompt";

    /// <summary>A prompt, whole: to be read, put, changed and deleted.</summary>
    public const string Prompt = "api/v1/prompt/{id}";

    /// <summary>Cancels a prompt.</summary>
    public const string Cancel = "api/v1/prompt/{id}/cancel";

    /// <summary>Queues a prompt again.</summary>
    public const string Retry = "api/v1/prompt/{id}/retry";

    /// <summary>Submits what was sent with a prompt once more.</summary>
    public const string Repeat = "api/v1/prompt/{id}/repeat";

    /// <summary>Where a prompt is in its life.</summary>
    public const string Status = "api/v1/prompt/{id}/status";

    /// <summary>What a model made of a prompt.</summary>
    public const string Result = "api/v1/prompt/{id}/result";

    /// <summary>What Ollama answered to a prompt that is a call of its API.</summary>
    public const string Response = "api/v1/prompt/{id}/response";

    /// <summary>What happens to a prompt, as it happens.</summary>
    public const string Stream = "api/v1/prompt/{id}/stream";

    /// <summary>What happens in the whole queue, as it happens.</summary>
    public const string Events = "api/v1/events";

    /// <summary>How the queue has done lately.</summary>
    public const string Stats = "api/v1/stats";

    /// <summary>How the queue has done in the last hour, day or week.</summary>
    public const string Trends = "api/v1/stats/trends";

    /// <summary>Who used how much.</summary>
    public const string Usage = "api/v1/usage";

    /// <summary>What an operator has paused.</summary>
    public const string Queue = "api/v1/queue";

    /// <summary>Begins no prompts any more.</summary>
    public const string Pause = "api/v1/queue/pause";

    /// <summary>Accepts no prompts any more.</summary>
    public const string Drain = "api/v1/queue/drain";

    /// <summary>Begins and accepts prompts again.</summary>
    public const string Resume = "api/v1/queue/resume";

    /// <summary>The models that Ollama has.</summary>
    public const string Models = "api/v1/models";

    /// <summary>Lists prompts, and submits batches of them.</summary>
    public const string Prompts = "api/v1/prompts";

    /// <summary>How far a batch is.</summary>
    public const string Batch = "api/v1/batch/{id}";

    /// <summary>Ollama's: goes on with a text, or loads a model.</summary>
    public const string Generate = "api/generate";

    /// <summary>Ollama's: goes on with a conversation.</summary>
    public const string Chat = "api/chat";

    /// <summary>Ollama's: texts as vectors.</summary>
    public const string Embed = "api/embed";

    /// <summary>Ollama's: a text as a vector, in the old way.</summary>
    public const string Embeddings = "api/embeddings";

    /// <summary>OpenAI's: goes on with a conversation.</summary>
    public const string ChatCompletions = "v1/chat/completions";

    /// <summary>OpenAI's: goes on with a text.</summary>
    public const string Completions = "v1/completions";

    /// <summary>OpenAI's: texts as vectors.</summary>
    public const string OpenAIEmbeddings = "v1/embeddings";

    /// <summary>OpenAI's: goes on with a conversation, in the new way.</summary>
    public const string Responses = "v1/responses";

    /// <summary>OpenAI's: a response, by its id.</summary>
    public const string RetrieveResponse = "v1/responses/{id}";

    /// <summary>OpenAI's: cancels a response in the background.</summary>
    public const string CancelResponse = "v1/responses/{id}/cancel";

    /// <summary>OpenAI's: what was sent for a response.</summary>
    public const string ResponseInputItems = "v1/responses/{id}/input_items";

    /// <summary>Anthropic's: goes on with a conversation.</summary>
    public const string Messages = "v1/messages";

    /// <summary>Anthropic's: how many tokens a conversation has.</summary>
    public const string CountTokens = "v1/messages/count_tokens";

    /// <summary>OpenAI's: lists files, and uploads them.</summary>
    public const string Files = "v1/files";

    /// <summary>OpenAI's: a file, to be looked at and deleted.</summary>
    public const string File = "v1/files/{id}";

    /// <summary>OpenAI's: what is in a file.</summary>
    public const string FileContent = "v1/files/{id}/content";

    /// <summary>OpenAI's: lists batches, and makes them.</summary>
    public const string Batches = "v1/batches";

    /// <summary>OpenAI's: a batch.</summary>
    public const string OpenAIBatch = "v1/batches/{id}";

    /// <summary>OpenAI's: cancels a batch.</summary>
    public const string CancelBatch = "v1/batches/{id}/cancel";

    /// <summary>Anthropic's: lists message batches, and makes them.</summary>
    public const string MessageBatches = "v1/messages/batches";

    /// <summary>Anthropic's: a message batch, to be looked at and deleted.</summary>
    public const string MessageBatch = "v1/messages/batches/{id}";

    /// <summary>Anthropic's: cancels a message batch.</summary>
    public const string CancelMessageBatch = "v1/messages/batches/{id}/cancel";

    /// <summary>Anthropic's: what came of a message batch.</summary>
    public const string MessageBatchResults = "v1/messages/batches/{id}/results";

    /// <summary>Ollama's: the models that are installed.</summary>
    public const string Tags = "api/tags";

    /// <summary>Ollama's: the models that are loaded.</summary>
    public const string Loaded = "api/ps";

    /// <summary>Ollama's version.</summary>
    public const string Version = "api/version";

    /// <summary>Ollama's: whether it may use models in the cloud.</summary>
    public const string OllamaStatus = "api/status";

    /// <summary>Ollama's: models that its publisher recommends.</summary>
    public const string Recommendations = "api/experimental/model-recommendations";

    /// <summary>Ollama's: a model in detail.</summary>
    public const string Show = "api/show";

    /// <summary>OpenAI's: the models that are installed.</summary>
    public const string OpenAIModels = "v1/models";

    /// <summary>OpenAI's: a model.</summary>
    public const string OpenAIModel = "v1/models/{*model}";

    /// <summary>Ollama's: gets a model.</summary>
    public const string Pull = "api/pull";

    /// <summary>Ollama's: publishes a model.</summary>
    public const string Push = "api/push";

    /// <summary>Ollama's: makes a model.</summary>
    public const string Create = "api/create";

    /// <summary>Ollama's: gives a model another name.</summary>
    public const string Copy = "api/copy";

    /// <summary>Ollama's: removes a model.</summary>
    public const string DeleteModel = "api/delete";

    /// <summary>Ollama's: a file that models are made of.</summary>
    public const string Blob = "api/blobs/{digest}";

    /// <summary>Everything else.</summary>
    public const string Unmatched = "{*path}";
}
