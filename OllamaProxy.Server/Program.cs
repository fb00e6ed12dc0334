using OllamaProxy.Configuration;
using OllamaProxy.Server;
using OllamaProxy.Storage;

const int Failed = 1, Misused = 2;

if (args is [CopyCommand.Name, .. var rest] && !CommandLine.Parse(rest).Help)
    return await CopyAsync(rest);

var commandLine = CommandLine.Parse(args);
if (commandLine.Help || commandLine.Version)
{
    Console.WriteLine(commandLine.Help ? CommandLine.HelpText : $"Ollama Proxy {ServerApplication.Version}");
    return 0;
}
if (commandLine.Mistakes.Count > 0)
{
    foreach (var mistake in commandLine.Mistakes)
        await Console.Error.WriteLineAsync($"{mistake} --help lists the options.");
    return Misused;
}

try
{
    await using var simulator = await Simulation.StartIfAskedAsync(commandLine);
    await using var app = ServerApplication.Create(commandLine.Settings, simulator?.BaseAddress);
    await ServerApplication.RunAsync(app);
    return 0;
}
catch (Exception exception) when (exception is InvalidSettingException or StoreException)
{
    // A user can correct these: the message suffices, without a stack trace.
    await Console.Error.WriteLineAsync(exception.Message);
    return Failed;
}

static async Task<int> CopyAsync(string[] args)
{
    CopyCommand copy;
    try
    {
        copy = CopyCommand.Parse(args, new ConfigurationBuilder().AddEnvironmentVariables().Build());
    }
    catch (InvalidSettingException exception)
    {
        foreach (var mistake in exception.Mistakes)
            await Console.Error.WriteLineAsync($"{mistake} --help lists the options.");
        return Misused;
    }
    try
    {
        return await copy.RunAsync() ? 0 : Failed;
    }
    catch (StoreException exception)
    {
        await Console.Error.WriteLineAsync(exception.Message);
        return Failed;
    }
}
