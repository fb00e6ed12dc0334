using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Models;

/// <summary>The routes that add and remove models. Every model can be pulled.</summary>
internal sealed class ModelManagement(ModelCatalog models)
{
    public Task PullAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, ct) =>
    {
        var request = ModelRequest.Read(body, "api.PullRequest");
        if (!request.HasName) throw OllamaException.BadRequest("invalid model name");
        models.Add(request.Model);
        return ProgressReply.SendAsync(context.Response, request.Stream, ProgressLines.Pull(request.Model), ct);
    });

    public Task PushAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, ct) =>
    {
        var request = ModelRequest.Read(body, "api.PushRequest");
        if (request.Model.Length == 0) throw OllamaException.BadRequest("model is required");
        if (!models.Has(request.Model)) throw OllamaException.ModelNotFound(request.Model);
        return ProgressReply.SendAsync(context.Response, request.Stream, ProgressLines.Push(request.Model), ct);
    });

    public Task CreateAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, ct) =>
    {
        var request = ModelRequest.Read(body, "api.CreateRequest");
        if (!request.HasName) throw OllamaException.BadRequest("invalid model name");
        var lines = Prepare(request).Concat(ProgressLines.Create(request.Model)).ToList();
        models.Add(request.Model);
        return ProgressReply.SendAsync(context.Response, request.Stream, lines, ct);
    });

    public Task CopyAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, _) =>
    {
        var (source, destination) = GoJson.Read(body.Span, root =>
        {
            var fields = new GoObject(root, "api.CopyRequest");
            return (fields.Text("source"), fields.Text("destination"));
        });
        if (!ModelRequest.IsName(source)) throw OllamaException.BadRequest($"source \"{source}\" is invalid");
        if (!ModelRequest.IsName(destination)) throw OllamaException.BadRequest($"destination \"{destination}\" is invalid");
        if (!models.Has(source)) throw OllamaException.NotFound($"model \"{source}\" not found");
        models.Add(destination);
        return Task.CompletedTask;
    });

    public Task DeleteAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, _) =>
    {
        var request = ModelRequest.Read(body, "api.DeleteRequest");
        if (!request.HasName) throw OllamaException.BadRequest($"name \"{request.Model}\" is invalid");
        return models.Remove(request.Model) ? Task.CompletedTask : throw OllamaException.ModelNotFound(request.Model);
    });

    /// <summary>Provides the base of a new model: one that is not installed is pulled.</summary>
    private IEnumerable<JsonObject> Prepare(ModelRequest request)
    {
        if (request is { From: "", HasFiles: false }) throw OllamaException.BadRequest("neither 'from' or 'files' was specified");
        if (request.From.Length == 0) return [ProgressLines.Line("parsing GGUF")];
        if (models.Has(request.From)) return [];
        models.Add(request.From);
        return ProgressLines.Pull(request.From).SkipLast(1);
    }
}
