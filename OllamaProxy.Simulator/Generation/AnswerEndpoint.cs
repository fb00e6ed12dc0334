using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Go;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Models;

namespace OllamaProxy.Simulator.Generation;

/// <summary>Handles the requests of all APIs that run a model: rejects the request, loads or unloads a model, or generates.</summary>
internal sealed class AnswerEndpoint(
    SimulatorOptions options, ModelCatalog models, LoadedModels loaded, FaultQueue faults, RequestLog requests, CancellationToken stopping)
{
    public async Task InvokeAsync(HttpContext context, AnswerApi api)
    {
        var clock = new GenerationClock(options.Time, options.Time.GetTimestamp());
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        LoggedRequest? logged = null;
        var framing = JsonFraming.Gin; // Ollama translates its errors to the API's format only once the body is parsed.
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, gone.Token);
            logged = requests.Begin(context.Request, body);
            var request = GoJson.Read(ZstdBody.Decode(context.Request, body).Span, api.Read, api.Family.EmptyBody);
            framing = api.Family.Framing;
            CheckModel(request);
            if (request.OnlyLoads) await LoadAsync(context.Response, request, api.Family, logged, gone.Token);
            else await GenerateAsync(context, request, api.Family, clock, logged, gone.Token);
        }
        catch (OllamaException exception)
        {
            logged?.End();
            await api.Family.ErrorAsync(context.Response, exception.Status, exception.Message, gone.Token, framing);
        }
        catch (InvalidDataException exception)
        {
            // Ollama decodes the body before it determines the API, so such an error has the format of its own API.
            logged?.End();
            await JsonReply.ErrorAsync(context.Response, StatusCodes.Status400BadRequest, exception.Message, gone.Token);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            if (!stopping.IsCancellationRequested) logged?.EndClosedByClient();
            context.Abort();
        }
        finally
        {
            logged?.End();
        }
    }

    private void CheckModel(GenerationRequest request)
    {
        if (request is { RequiresModel: true, Model: "" }) throw OllamaException.BadRequest("model is required");
        if (!models.Has(request.Model)) throw OllamaException.NotFound(request.NotFound);
        if (request.Options.Error is { } error) throw OllamaException.ServerError(error);
    }

    private async Task LoadAsync(
        HttpResponse response, GenerationRequest request, ApiFamily family, LoggedRequest logged, CancellationToken ct)
    {
        logged.Begin();
        var unloads = request.KeepAlive == TimeSpan.Zero;
        if (unloads) loaded.Unload(request.Model);
        else (await loaded.UseAsync(request.Model, request.KeepAlive, request.Options.Runner, ct)).Dispose();
        logged.End();
        await OutputOf(response, request, family).DoneAsync(unloads ? "unload" : "load", metrics: null, ct);
    }

    private async Task GenerateAsync(
        HttpContext context, GenerationRequest request, ApiFamily family, GenerationClock clock, LoggedRequest logged, CancellationToken ct)
    {
        if (request.FormatError is { } error) throw OllamaException.ServerError(error);
        var fault = faults.TakeNext();
        logged.Begin();
        if (fault is { IsBeforeTokens: true })
        {
            await FaultReply.SendAsync(context, fault, family, logged, ct);
            return;
        }

        using var model = await loaded.UseAsync(request.Model, request.KeepAlive, request.Options.Runner, ct);
        await new GenerationRun(request, options, model, clock, logged).RunAsync(OutputOf(context.Response, request, family), fault, ct);
    }

    private static IAnswerOutput OutputOf(HttpResponse response, GenerationRequest request, ApiFamily family) =>
        request.Stream is { } stream ? new StreamedOutput(response, stream) : new WholeOutput(response, request.Whole, family);
}

/// <summary>An API by which a model is called.</summary>
/// <param name="Family">The family, for the format of errors.</param>
/// <param name="Read">Parses the body of a request, or throws an <see cref="OllamaException"/>.</param>
internal sealed record AnswerApi(ApiFamily Family, Func<JsonElement, GenerationRequest> Read);
