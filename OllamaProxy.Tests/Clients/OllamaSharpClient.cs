using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;

using ChatRole = OllamaSharp.Models.Chat.ChatRole;

namespace OllamaProxy.Tests.Clients;

/// <summary>Does what users of OllamaSharp do, and records what they see.</summary>
internal static class OllamaSharpClient
{
    public static async Task<Recording> RecordAsync(Uri address, OllamaSimulator simulator)
    {
        using var ollama = new OllamaApiClient(address, "tiny");
        var recording = new List<JsonObject>();
        foreach (var (step, run) in StepsOf(ollama, simulator))
            recording.Add(await RecordAsync(step, run));
        return new(recording);
    }

    private static Dictionary<string, Func<Task<object?>>> StepsOf(OllamaApiClient ollama, OllamaSimulator simulator) => new()
    {
        ["running"] = async () => await ollama.IsRunningAsync(),
        ["version"] = async () => await ollama.GetVersionAsync(),
        ["list"] = async () => await ollama.ListLocalModelsAsync(),
        ["show"] = async () => await ollama.ShowModelAsync("tiny"),
        ["generate"] = async () =>
            await ollama.GenerateAsync(new GenerateRequest { Prompt = "Why is the sky blue?", Stream = false }).ToListAsync(),
        ["generate, streamed"] = async () =>
            await ollama.GenerateAsync(new GenerateRequest { Prompt = "Why is the sky blue?" }).ToListAsync(),
        ["generate, JSON"] = async () =>
            await ollama.GenerateAsync(new GenerateRequest { Prompt = "Why is the sky blue?", Format = "json" }).ToListAsync(),
        ["chat"] = async () => await ollama.ChatAsync(Chat("Why is the sky blue?", stream: false)).ToListAsync(),
        ["chat, streamed"] = async () => await ollama.ChatAsync(Chat("Why is the sky blue?")).ToListAsync(),
        ["chat, tools"] = async () => await ollama.ChatAsync(Chat("Call the tool", tools: [Weather])).ToListAsync(),
        ["conversation"] = async () =>
        {
            var chat = new Chat(ollama, "Be brief.");
            var pieces = await chat.SendAsync("Why is the sky blue?").ToListAsync();
            return new { pieces, more = await chat.SendAsync("And the sea?").ToListAsync(), chat.Messages };
        },
        ["Microsoft.Extensions.AI"] = async () =>
            (await ((IChatClient)ollama).GetStreamingResponseAsync("Why is the sky blue?").ToListAsync()).Select(update => update.Text),
        ["embed"] = async () => await ollama.EmbedAsync(new EmbedRequest { Input = ["one", "two"] }),
        ["running models"] = async () => (await ollama.ListRunningModelsAsync()).Select(model => model.Name),
        ["unload"] = async () =>
        {
            await ollama.RequestModelUnloadAsync("tiny");
            return null;
        },
        ["abort"] = () => AbortAsync(ollama, simulator),
        ["unknown model"] = async () => await ollama.ChatAsync(Chat("Why?", model: "nosuch")).ToListAsync(),
        ["unknown model, shown"] = async () => await ollama.ShowModelAsync("nosuch"),
    };

    private static Tool Weather => new()
    {
        Function = new()
        {
            Name = "weather",
            Description = "The weather",
            Parameters = new() { Properties = new() { ["city"] = new() { Type = "string" } }, Required = ["city"] },
        },
    };

    private static ChatRequest Chat(string text, bool stream = true, string model = "tiny", IEnumerable<object>? tools = null) =>
        new() { Model = model, Messages = [new(ChatRole.User, text)], Stream = stream, Tools = tools };

    /// <summary>The first piece of an answer that would not go on, and the error that its user gets for going away.</summary>
    private static async Task<object?> AbortAsync(OllamaApiClient ollama, OllamaSimulator simulator)
    {
        simulator.Faults.Enqueue(Fault.Stall(1));
        using var abort = new CancellationTokenSource();
        var first = default(string);
        try
        {
            await foreach (var piece in ollama.GenerateAsync(new GenerateRequest { Prompt = "Why is the sky blue?" }, abort.Token))
            {
                first ??= piece?.Response;
                await abort.CancelAsync();
            }
            return new { first, error = "" };
        }
        catch (OperationCanceledException exception)
        {
            return new { first, error = exception.GetType().Name };
        }
    }

    private static async Task<JsonObject> RecordAsync(string step, Func<Task<object?>> run)
    {
        try
        {
            return new() { ["step"] = step, ["value"] = JsonSerializer.SerializeToNode(await run()) };
        }
        catch (Exception exception)
        {
            return new() { ["step"] = step, ["error"] = $"{exception.GetType().Name}: {exception.Message}" };
        }
    }
}
