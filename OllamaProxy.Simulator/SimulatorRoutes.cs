using System.Text.Json;
using OllamaProxy.Simulator.Anthropic;
using OllamaProxy.Simulator.Embeddings;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Models;
using OllamaProxy.Simulator.Native;
using OllamaProxy.Simulator.OpenAI;

namespace OllamaProxy.Simulator;

/// <summary>
/// Maps the routes of a simulator, and holds the state that survives a restart of its server: models, faults and requests.
/// </summary>
internal sealed class SimulatorRoutes(SimulatorOptions options, FaultQueue faults, RequestLog requests)
{
    private static readonly string[] Get = [HttpMethods.Get, HttpMethods.Head];

    private readonly BlobEndpoints _blobs = new();

    public ModelCatalog Models { get; } = new(options);

    public LoadedModels Loaded { get; } = new(options);

    public void Map(WebApplication app)
    {
        var models = new ModelEndpoints(options, Models, Loaded);
        var openAI = new OpenAIModels(Models);
        var upcoming = new FaultEndpoints(faults);

        app.Use(CallerCheck.InvokeAsync);
        app.UseStatusCodePages(context => PlainReply.StatusAsync(context.HttpContext));
        app.Use(Cors.InvokeAsync);

        app.MapMethods("/", Get, context => PlainReply.TextAsync(context, "text/plain; charset=utf-8", "Ollama is running"));
        app.MapMethods("/api/version", Get, models.VersionAsync);
        app.MapMethods("/api/tags", Get, models.TagsAsync);
        app.MapGet("/api/status", ModelEndpoints.StatusAsync);
        app.MapGet("/api/experimental/model-recommendations", models.RecommendationsAsync);
        app.MapGet("/api/ps", models.RunningAsync);
        app.MapPost("/api/show", models.ShowAsync);
        app.MapPost("/simulator/faults", upcoming.AddAsync);
        app.MapDelete("/simulator/faults", upcoming.ClearAsync);
        app.MapGet("/v1/models", openAI.ListAsync);
        app.MapGet("/v1/models/{model}", context => openAI.GetAsync(context, RouteValue(context, "model")));
        MapManagement(app);
        MapAnswers(app);
    }

    private void MapManagement(WebApplication app)
    {
        var management = new ModelManagement(Models);
        app.MapPost("/api/pull", management.PullAsync);
        app.MapPost("/api/push", management.PushAsync);
        app.MapPost("/api/create", management.CreateAsync);
        app.MapPost("/api/copy", management.CopyAsync);
        app.MapDelete("/api/delete", management.DeleteAsync);
        app.MapMethods("/api/blobs/{digest}", [HttpMethods.Head], context => _blobs.HeadAsync(context, RouteValue(context, "digest")));
        app.MapPost("/api/blobs/{digest}", context => _blobs.AddAsync(context, RouteValue(context, "digest")));
    }

    private void MapAnswers(WebApplication app)
    {
        var answers = new AnswerEndpoint(options, Models, Loaded, faults, requests, app.Lifetime.ApplicationStopping);
        Map("/api/generate", ApiFamily.Native, GenerateRequest.Read);
        Map("/api/chat", ApiFamily.Native, ChatRequest.Read);
        Map("/api/embed", ApiFamily.Native, EmbedRequest.Read);
        Map("/api/embeddings", ApiFamily.Native, EmbeddingsRequest.Read);
        Map("/v1/chat/completions", ApiFamily.OpenAI, ChatCompletionRequest.Read);
        Map("/v1/completions", ApiFamily.OpenAI, CompletionRequest.Read);
        Map("/v1/embeddings", ApiFamily.OpenAI, OpenAIEmbeddingRequest.Read);
        Map("/v1/responses", ApiFamily.OpenAI, ResponsesRequest.Read);
        Map("/v1/messages", ApiFamily.Anthropic, MessagesRequest.Read);

        void Map(string path, ApiFamily family, Func<JsonElement, TimeProvider, GenerationRequest> read)
        {
            var api = new AnswerApi(family, root => read(root, options.Time));
            app.MapPost(path, context => answers.InvokeAsync(context, api));
        }
    }

    private static string RouteValue(HttpContext context, string name) => (string)context.GetRouteValue(name)!;
}
