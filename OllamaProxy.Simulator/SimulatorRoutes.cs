namespace OllamaProxy.Simulator;

/// <summary>The routes of a simulator, and what outlives a restart of its server: models, faults and requests.</summary>
internal sealed class SimulatorRoutes(SimulatorOptions options, FaultQueue faults, RequestLog requests)
{
    private static readonly string[] Get = [HttpMethods.Get, HttpMethods.Head];

    private readonly ModelCatalog _models = new(options);

    public void Map(WebApplication app)
    {
        var answers = new AnswerEndpoint(options, _models, faults, requests, app.Lifetime.ApplicationStopping);
        var models = new ModelEndpoints(_models);
        var upcoming = new FaultEndpoints(faults);

        app.Use(CallerCheck.InvokeAsync);
        app.UseStatusCodePages(context => PlainReply.StatusAsync(context.HttpContext));

        app.MapMethods("/", Get, context => PlainReply.TextAsync(context, "text/plain; charset=utf-8", "Ollama is running"));
        app.MapMethods("/api/version", Get, ModelEndpoints.VersionAsync);
        app.MapMethods("/api/tags", Get, models.TagsAsync);
        app.MapGet("/api/ps", models.RunningAsync);
        app.MapPost("/api/show", models.ShowAsync);
        app.MapPost("/api/generate", context => answers.InvokeAsync(context, OllamaApi.Generate));
        app.MapPost("/api/chat", context => answers.InvokeAsync(context, OllamaApi.Chat));
        app.MapPost("/simulator/faults", upcoming.AddAsync);
        app.MapDelete("/simulator/faults", upcoming.ClearAsync);
    }
}
