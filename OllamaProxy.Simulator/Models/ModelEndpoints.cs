using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Models;

/// <summary>The routes that describe Ollama and its models.</summary>
internal sealed class ModelEndpoints(SimulatorOptions options, ModelCatalog models, LoadedModels loaded)
{
    public Task VersionAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json =>
        {
            json.WriteStartObject();
            json.WriteString("version", options.Version);
            json.WriteEndObject();
        },
        context.RequestAborted);

    /// <summary>As of an Ollama that may use the models of its publisher's cloud, since nobody has said otherwise.</summary>
    public static Task StatusAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("cloud");
            json.WriteBoolean("disabled", false);
            json.WriteString("source", "none");
            json.WriteEndObject();
            json.WriteEndObject();
        },
        context.RequestAborted);

    /// <summary>Recommends the first model that is installed.</summary>
    public Task RecommendationsAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("recommendations");
            foreach (var model in models.All.Take(1))
            {
                json.WriteStartObject();
                json.WriteString("model", model.Name);
                json.WriteString("description", "A model that is installed");
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        },
        context.RequestAborted);

    public Task TagsAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(json, models.All, model => ModelJson.WriteTag(json, model, options.ContextLength)),
        context.RequestAborted);

    public Task RunningAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(
            json, loaded.All, model => ModelJson.WriteLoaded(json, model.Name, model.ExpiresAt, model.ContextLength)),
        context.RequestAborted);

    public Task ShowAsync(HttpContext context) => BodyHandler.InvokeAsync(context, (body, ct) =>
    {
        var name = ModelRequest.Read(body, "api.ShowRequest").Model;
        if (name.Length == 0) throw OllamaException.BadRequest("model is required");
        var model = models.Find(name) ?? throw OllamaException.ModelNotFound(ModelCatalog.FullName(name));
        return JsonReply.WriteAsync(context.Response, json => ModelJson.WriteShow(json, model, options.ContextLength), ct);
    });
}
